#include "gateway/rpc/json_unquote.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway::rpc {
namespace {

using namespace std::string_literals;

TEST(Unquote, ResolvesEveryEscape) {
  EXPECT_EQ("a\"\\/\b\f\n\r\t", unquote(R"("a\"\\\/\b\f\n\r\t")"));
  EXPECT_EQ("A\xC3\xA9\xE2\x82\xAC", unquote(R"("\u0041\u00e9\u20AC")"));
  EXPECT_EQ("\0x"s, unquote(R"("\u0000x")"));
  EXPECT_EQ("plain", unquote("plain"));
  EXPECT_EQ("\xE2\x82\xAC", unquote("\"\xE2\x82\xAC\""));
  EXPECT_EQ("", unquote(""));
  EXPECT_EQ("", unquote("\"\""));
}

TEST(Unquote, JoinsSurrogatesAndReplacesLoneOnes) {
  constexpr auto kReplaced = "\xEF\xBF\xBD";
  EXPECT_EQ("\xF0\x9F\x98\x80", unquote(R"("\ud83d\uDE00")"));
  EXPECT_EQ("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", unquote(R"("\ud800\udc00\udbff\udfff")"));
  EXPECT_EQ(kReplaced, unquote(R"("\ud83d")"));
  EXPECT_EQ(kReplaced, unquote(R"("\ude00")"));
  EXPECT_EQ(kReplaced + "x"s, unquote(R"("\ud83dx")"));
  EXPECT_EQ(kReplaced + "A"s, unquote(R"("\ud83d\u0041")"));
  EXPECT_EQ(kReplaced + "\xF0\x9F\x98\x80"s, unquote(R"("\ud83d\ud83d\ude00")"));
}

TEST(Spells, ComparesTheTextOfAJsonString) {
  EXPECT_TRUE(spells(R"("echo")", "echo"));
  EXPECT_TRUE(spells(R"("echo")", "echo"));
  EXPECT_TRUE(spells(R"("")", ""));
  for (auto const* const other : {"", "ech", "echo2", "Echo", "\"echo\""})
    EXPECT_FALSE(spells(R"("echo")", other)) << other;
}

TEST(Unquote, SurvivesWhatNoValidTextHolds) {
  EXPECT_EQ("\xEF\xBF\xBD"s, unquote("\\u"));
  EXPECT_EQ("\xEF\xBF\xBD"s + "12", unquote("\"\\u12\""));
  EXPECT_EQ("\xEF\xBF\xBD"s, unquote("\"\\ud83d\\u\"").substr(0, 3));
  EXPECT_EQ("x", unquote("\\x"));
  EXPECT_EQ("a\\", unquote("a\\"));
}

}  // namespace
}  // namespace gateway::rpc
