// Values kept beside objects that another table owns, under the same ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace gateway {

/// What one part of the program knows of objects that another part owns, e.g. in a
/// SlotTable. The lower half of an id is the index here, so a lookup is an index and
/// a comparison; an id that was removed, or replaced by a newer one, finds nothing.
/// 0 is not an id.
template <typename T, typename Id>
class SideTable {
 public:
  T& put(Id id, T value) {
    auto const place = place_of(id);
    if (place >= entries_.size()) entries_.resize(place + 1);
    entries_[place] = {id, std::move(value)};
    return entries_[place].value;
  }

  /// Null when nothing is kept for `id`. Valid until the next `put`.
  [[nodiscard]] T* find(Id id) {
    auto const place = place_of(id);
    if (place >= entries_.size() || entries_[place].id != id || id == Id{}) return nullptr;
    return &entries_[place].value;
  }
  [[nodiscard]] T const* find(Id id) const { return const_cast<SideTable*>(this)->find(id); }

  /// Removes the value and returns it; an empty one when nothing is kept for `id`.
  T take(Id id) {
    auto* const value = find(id);
    if (value == nullptr) return T{};
    entries_[place_of(id)].id = Id{};
    return std::exchange(*value, T{});
  }

 private:
  struct Entry {
    Id id{};
    T value{};
  };
  [[nodiscard]] static std::size_t place_of(Id id) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
  }

  std::vector<Entry> entries_;
};

}  // namespace gateway
