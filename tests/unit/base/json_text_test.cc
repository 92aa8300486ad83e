#include "gateway/base/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gateway {
namespace {

using namespace std::string_literals;

TEST(JsonText, QuotesPlainText) {
  EXPECT_EQ("\"\"", json_string(""));
  EXPECT_EQ("\"plain /text~\"", json_string("plain /text~"));
}

TEST(JsonText, EscapesWhatMustBe) {
  EXPECT_EQ(R"("a\"b\\c\nd\u000de\u0009f\u0000")", json_string("a\"b\\c\nd\re\tf\0"s));
}

TEST(JsonText, EscapesWhatATerminalMayObey) {
  EXPECT_EQ(R"("a\u007fb\u0080c\u009bd")", json_string("a\x7f"
                                                       "b\xC2\x80"
                                                       "c\xC2\x9B"
                                                       "d"));
  EXPECT_EQ("\"\xC2\xA0\"", json_string("\xC2\xA0"));
}

TEST(JsonText, KeepsUtf8AsItIs) { EXPECT_EQ("\"\xC3\xA9\xF0\x9F\x98\x80\"", json_string("\xC3\xA9\xF0\x9F\x98\x80")); }

TEST(JsonText, ReplacesEachByteThatIsNoUtf8) {
  EXPECT_EQ(
      "\"a\xEF\xBF\xBD\xEF\xBF\xBD"
      "b\xEF\xBF\xBD\"",
      json_string("a\xFF\x80"
                  "b\xE2"));
}

TEST(JsonText, IsReadBackAsItWas) {
  for (unsigned code = 0; code < 0x80; ++code) {
    auto const text = "a" + std::string(1, static_cast<char>(code)) + "b";
    EXPECT_EQ(text, nlohmann::json::parse(json_string(text)).get<std::string>()) << code;
  }
}

TEST(JsonText, IsValidJsonForAnyTwoBytes) {
  for (unsigned pair = 0; pair < 0x10000; ++pair) {
    std::string const text{static_cast<char>(pair >> 8), static_cast<char>(pair)};
    ASSERT_TRUE(nlohmann::json::accept(json_string(text))) << pair;
  }
}

TEST(JsonText, IsAppendedToWhatIsThere) {
  std::string out = "x=";
  append_json_string(out, "y");
  EXPECT_EQ("x=\"y\"", out);
}

}  // namespace
}  // namespace gateway
