#include "gateway/base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gateway {
namespace {

/// The code point as the bits of UTF-8 would have it in `length` bytes, well-formed or not.
std::string encoded(unsigned point, int length) {
  if (length == 1) return {static_cast<char>(point)};
  std::string bytes;
  unsigned const lead = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0;
  bytes.push_back(static_cast<char>(lead | point >> (6 * (length - 1))));
  for (int i = length - 2; i >= 0; --i) bytes.push_back(static_cast<char>(0x80 | (point >> (6 * i) & 0x3F)));
  return bytes;
}

int shortest(unsigned point) { return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4; }

TEST(Utf8, TakesEveryCodePointButSurrogatesInItsShortestFormAlone) {
  for (unsigned point = 0; point < 0x110000; ++point) {
    auto const is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    auto const length = shortest(point);
    ASSERT_EQ(is_surrogate ? 0U : static_cast<std::size_t>(length), utf8_length(encoded(point, length))) << point;
    auto const overlong = length < 4 ? encoded(point, length + 1) : std::string("\xFF");
    ASSERT_EQ(0U, utf8_length(overlong)) << point;
  }
}

TEST(Utf8, RefusesWhatLiesBeyondTheLastCodePoint) {
  for (unsigned point = 0x110000; point < 0x200000; point += 0xFFF) EXPECT_EQ(0U, utf8_length(encoded(point, 4)));
  for (auto const* const bytes : {"\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_EQ(0U, utf8_length(bytes));
  }
}

TEST(Utf8, RefusesASequenceThatIsCutShort) {
  for (std::string const whole : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t length = 1; length < whole.size(); ++length) {
      EXPECT_EQ(0U, utf8_length(std::string_view(whole).substr(0, length)));
      EXPECT_EQ(0U, utf8_length(whole.substr(0, length) + "a"));
    }
  }
}

TEST(Utf8, RefusesATailWithoutALead) {
  for (unsigned byte = 0x80; byte < 0xC2; ++byte) EXPECT_EQ(0U, utf8_length(std::string(4, static_cast<char>(byte))));
}

TEST(Utf8, LooksAtTheFrontAlone) { EXPECT_EQ(2U, utf8_length("\xC3\xA9\xFF")); }

TEST(Utf8, JudgesAWholeText) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\xC3\xA9\xF0\x9F\x98\x80z"));
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
  EXPECT_FALSE(is_utf8("abc\xFF"));
  EXPECT_FALSE(is_utf8("a\xE2\x82"));
}

}  // namespace
}  // namespace gateway
