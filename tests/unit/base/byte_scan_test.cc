#include "gateway/base/byte_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway {
namespace {

constexpr auto kKind = [](auto x) { return equals(x, 'E') | below(x, 0x20) | is_high(x); };

std::size_t found_at(std::string const& text) {
  auto const* const end = text.data() + text.size();
  return static_cast<std::size_t>(find_byte(text.data(), end, kKind) - text.data());
}

TEST(ByteScan, FindsTheFirstOfAKindWhereverItStands) {
  constexpr std::size_t kLength = kLongText + 64 + 64 + 16 + 5;  // looked at by 16, by 64, by 16 again, and a rest
  for (std::size_t at = 0; at < kLength; ++at) {
    for (auto const c : {'E', '\0', '\x1f', '\x80', '\xff'}) {
      std::string text(kLength, 'x');
      EXPECT_EQ(kLength, found_at(text));
      EXPECT_FALSE(has_byte(text, kKind));
      text[at] = c;
      text.back() = 'E';
      EXPECT_EQ(at, found_at(text));
      EXPECT_TRUE(has_byte(text, kKind));
    }
  }
}

TEST(ByteScan, TellsEveryByteFromItsNeighbours) {
  for (int code = 0; code < 256; ++code) {
    auto const wanted = code == 'E' || code < 0x20 || code >= 0x80;
    EXPECT_EQ(wanted, has_byte(std::string(20, static_cast<char>(code)), kKind)) << code;
    EXPECT_EQ(wanted, has_byte(std::string(1, static_cast<char>(code)), kKind)) << code;
  }
}

TEST(ByteScan, FindsNothingInNothing) { EXPECT_FALSE(has_byte("", kKind)); }

}  // namespace
}  // namespace gateway
