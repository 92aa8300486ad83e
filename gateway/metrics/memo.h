// Finds series by their labels without building or comparing strings.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <unordered_map>

namespace gateway::metrics {

/// Caches lookups. The labels are constants, at most kMostLabels of them, and are compared by address. Equal strings at
/// two addresses are looked up twice, which is harmless; two different strings never share an address.
template <typename Value>
class Memo {
 public:
  static constexpr std::size_t kMostLabels = 4;

  /// `make` returns the value for labels that were not seen before.
  template <typename Make>
  Value& get(std::initializer_list<std::string_view> labels, Make make) {
    assert(labels.size() <= kMostLabels);
    Key key{};
    std::transform(labels.begin(), labels.end(), key.begin(), [](std::string_view label) { return label.data(); });
    // Most calls are like the one before.
    if (last_ != nullptr && key == last_key_) return *last_;
    auto const found = values_.find(key);
    last_ = found != values_.end() ? &found->second : &values_.emplace(key, make()).first->second;
    last_key_ = key;
    return *last_;
  }

 private:
  using Key = std::array<char const*, kMostLabels>;
  struct Hash {
    std::size_t operator()(Key const& key) const {
      std::uint64_t hash = 0;
      for (auto const* const label : key) {
        hash = (hash ^ reinterpret_cast<std::uintptr_t>(label)) * 0x9E3779B97F4A7C15ULL;
      }
      return static_cast<std::size_t>(hash);
    }
  };

  std::unordered_map<Key, Value, Hash> values_;
  Key last_key_{};
  Value* last_ = nullptr;
};

}  // namespace gateway::metrics
