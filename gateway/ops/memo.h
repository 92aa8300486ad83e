// Series found by their labels, without a text being made or compared.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <unordered_map>

namespace gateway::ops {

/// Keeps what was looked up once. The labels are constants, so their addresses
/// tell them apart.
template <typename Value>
class Memo {
 public:
  /// `make` gives the value for labels that were not seen before.
  template <typename Make>
  Value& get(std::initializer_list<std::string_view> labels, Make make) {
    std::uint64_t key = 0;
    for (auto const label : labels) {
      key = (key ^ reinterpret_cast<std::uintptr_t>(label.data())) * 0x9E3779B97F4A7C15ULL;
    }
    // Most calls are like the one before.
    if (last_ != nullptr && key == last_key_) return *last_;
    auto const found = values_.find(key);
    last_ = found != values_.end() ? &found->second : &values_.emplace(key, make()).first->second;
    last_key_ = key;
    return *last_;
  }

 private:
  std::unordered_map<std::uint64_t, Value> values_;
  std::uint64_t last_key_ = 0;
  Value* last_ = nullptr;
};

}  // namespace gateway::ops
