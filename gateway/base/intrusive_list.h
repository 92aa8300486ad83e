// A list whose links live in its elements: membership costs no allocation and
// removal is constant time.
#pragma once

#include <cstddef>

namespace gateway {

template <typename T, typename Tag>
class IntrusiveList;

/// Base of an element that can stand in one list per `Tag`. Leaves the list
/// when destroyed.
template <typename Tag>
class ListHook {
 public:
  ListHook() = default;
  ListHook(ListHook const&) = delete;
  ListHook& operator=(ListHook const&) = delete;
  ~ListHook() { unlink(); }

  [[nodiscard]] bool linked() const { return next_ != nullptr; }

  void unlink() {
    if (!linked()) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <typename T, typename U>
  friend class IntrusiveList;

  ListHook* prev_ = nullptr;
  ListHook* next_ = nullptr;
};

/// Elements in the order they were put at the back. Owns nothing.
template <typename T, typename Tag>
class IntrusiveList {
 public:
  IntrusiveList() { head_.prev_ = head_.next_ = &head_; }
  IntrusiveList(IntrusiveList const&) = delete;
  IntrusiveList& operator=(IntrusiveList const&) = delete;
  ~IntrusiveList() {
    while (!empty()) head_.next_->unlink();
    head_.prev_ = head_.next_ = nullptr;
  }

  [[nodiscard]] bool empty() const { return head_.next_ == &head_; }
  [[nodiscard]] T* front() { return empty() ? nullptr : static_cast<T*>(head_.next_); }

  /// Calls `action` for each element; it may take that element out of the list.
  template <typename F>
  void for_each(F&& action) {
    for (auto* hook = head_.next_; hook != &head_;) {
      auto* const next = hook->next_;
      action(static_cast<T&>(*hook));
      hook = next;
    }
  }

  /// Puts `element` at the back, taking it out of the list it stood in.
  void push_back(T& element) {
    auto& hook = static_cast<ListHook<Tag>&>(element);
    hook.unlink();
    hook.prev_ = head_.prev_;
    hook.next_ = &head_;
    head_.prev_->next_ = &hook;
    head_.prev_ = &hook;
  }

 private:
  ListHook<Tag> head_;
};

}  // namespace gateway
