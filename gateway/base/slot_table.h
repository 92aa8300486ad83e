// Objects by an id that is never given twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace gateway {

/// Owns `T`s. An id is a place and a count of how often the place was used, so
/// looking one up is an index and a comparison, and an old id finds nothing. A place
/// whose count is used up is not used again: with the count as it is that is one
/// place, of some bytes, in four thousand million objects.
template <typename T, typename Id, typename Count = std::uint32_t>
class SlotTable {
 public:
  /// Takes `object` in; its id is valid until `release`.
  Id insert(std::unique_ptr<T> object) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    auto const place = free_.back();
    free_.pop_back();
    auto& slot = slots_[place];
    ++slot.uses;
    slot.object = std::move(object);
    ++size_;
    return static_cast<Id>(std::uint64_t{slot.uses} << 32 | place);
  }

  [[nodiscard]] T* find(Id id) {
    auto const place = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
    auto const uses = static_cast<std::uint64_t>(id) >> 32;
    if (place >= slots_.size() || slots_[place].uses != uses) return nullptr;
    return slots_[place].object.get();
  }

  [[nodiscard]] T const* find(Id id) const { return const_cast<SlotTable*>(this)->find(id); }

  /// Gives the object out, or null when the id is no longer valid.
  [[nodiscard]] std::unique_ptr<T> release(Id id) {
    if (find(id) == nullptr) return nullptr;
    auto const place = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
    if (slots_[place].uses < std::numeric_limits<Count>::max()) free_.push_back(place);
    --size_;
    return std::move(slots_[place].object);
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  template <typename F>
  void for_each(F&& action) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].object) action(*slots_[i].object);
    }
  }
  template <typename F>
  void for_each(F&& action) const {
    for (auto const& slot : slots_) {
      if (slot.object) action(std::as_const(*slot.object));
    }
  }

 private:
  struct Slot {
    std::unique_ptr<T> object;
    Count uses = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace gateway
