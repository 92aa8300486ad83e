// Contiguous bytes: appended at the back, consumed at the front.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace gateway {

/// A growing buffer whose content is always one string_view.
class ByteQueue {
 public:
  /// An emptied buffer up to this size is kept for the next message, so that ten
  /// thousand idle queues cost little.
  static constexpr std::uint32_t kKeep = 4096;

  explicit ByteQueue(std::uint32_t keep = kKeep) : keep_(keep) {}

  [[nodiscard]] std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  void push_back(char c) {
    *extend(1) = c;
    commit(1);
  }

  /// Room for at least `count` more bytes; write there, then `commit`.
  [[nodiscard]] char* extend(std::size_t count) {
    if (capacity_ - end_ < count) grow(count);
    return bytes_.get() + end_;
  }
  void commit(std::size_t count) { end_ += count; }

  /// Forgets the first `count` bytes (at most `size()`).
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) release_if_large();
  }

  /// Empties the queue and gives its memory back.
  void reset() {
    bytes_.reset();
    begin_ = end_ = capacity_ = 0;
  }

  /// Gives the memory of an empty queue back.
  void shrink_when_empty() {
    if (empty() && capacity_ > 0) reset();
  }

 private:
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };

  void release_if_large() {
    begin_ = end_ = 0;
    if (capacity_ > keep_) reset();
  }
  void grow(std::size_t count);

  std::unique_ptr<char, Free> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
  std::uint32_t keep_;
};

}  // namespace gateway
