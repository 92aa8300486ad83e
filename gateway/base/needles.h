// Many texts, searched for at once.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gateway {

/// Looks at each place of a text once, however many needles there are: only where four bytes begin one, that one is
/// compared.
class Needles {
 public:
  /// Shorter ones are not searched for.
  static constexpr std::size_t kShortest = 4;

  explicit Needles(std::vector<std::string> const& needles);

  /// The text with `mask` in place of each needle, of several at one place the longest; nothing where there is none.
  [[nodiscard]] std::optional<std::string> replaced(std::string_view text, std::string_view mask) const;

 private:
  using Front = std::uint32_t;
  [[nodiscard]] static Front front_of(std::string_view text);
  [[nodiscard]] static std::size_t bit_of(Front front) { return (front * 2654435761U) >> 16U; }
  [[nodiscard]] std::size_t length_at(std::string_view text) const;

  std::bitset<65536> may_begin_;
  std::unordered_map<Front, std::vector<std::string>> by_front_;  ///< the longest first
};

}  // namespace gateway
