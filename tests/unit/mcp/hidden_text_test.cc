#include "gateway/mcp/hidden_text.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

TEST(HiddenText, SeesWhatPeopleDoNot) {
  EXPECT_EQ("U+202E, a bidirectional control", hidden_character("read\u202Eelif"));
  EXPECT_EQ("U+200B, a character without width", hidden_character("a\u200Bb"));
  EXPECT_EQ("U+001B, an ANSI escape", hidden_character("\x1b[8mhidden"));
  EXPECT_EQ("U+E0041, a tag character", hidden_character("x\U000E0041"));
  EXPECT_EQ("U+FEFF, a character without width", hidden_character("\uFEFF"));
  EXPECT_EQ("U+0085, a control character", hidden_character("\xC2\x85"));
  EXPECT_EQ("U+0000, a control character", hidden_character(std::string_view("\0", 1)));
}

TEST(HiddenText, TakesNoOffenceAtWhatPeopleWrite) {
  for (auto const* const text : {"", "plain", "lines\r\nand\ttabs", "Zürich – 東京 עברית العربية",
                                 "👩‍👩‍👧 ❤️", "🏳️‍🌈"}) {
    EXPECT_FALSE(hidden_character(text)) << text;
  }
}

TEST(HiddenText, SaysWhereInJsonItIs) {
  EXPECT_EQ("U+200B, a character without width, in inputSchema.properties.q.description",
            hidden_in_json(R"({"inputSchema":{"properties":{"q":{"description":"a\u200bb"}}}})"));
  EXPECT_EQ("U+202E, a bidirectional control, in a.1", hidden_in_json(R"({"a":["x","\u202e"]})"));
  EXPECT_EQ("U+200B, a character without width, in the name a.b\\u{200B}", hidden_in_json(R"({"a":{"b\u200b":1}})"));
  EXPECT_FALSE(hidden_in_json(R"({"a":["x",{"y":1.5}]})"));
}

TEST(HiddenText, ShowsIt) {
  EXPECT_EQ("a\\u{202E}b\\nc\\u{001B}[0m", with_hidden_shown("a\u202Eb\nc\x1b[0m"));
  EXPECT_EQ("é", with_hidden_shown("é"));
}

}  // namespace
}  // namespace gateway::mcp
