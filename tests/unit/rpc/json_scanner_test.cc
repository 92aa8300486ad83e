#include "gateway/rpc/json_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::rpc {
namespace {

using namespace std::string_literals;

struct Walked {
  std::vector<std::pair<std::string, std::string>> members;
  bool ok = false;
  std::size_t position = 0;
};

Walked walk(std::string_view object) {
  Walked walked;
  MemberWalk members(object);
  while (auto const member = members.next()) walked.members.emplace_back(member->key, member->value);
  walked.ok = members.ok();
  walked.position = members.position();
  return walked;
}

std::pair<std::vector<std::string>, bool> elements(std::string_view array) {
  std::vector<std::string> found;
  ElementWalk all(array);
  while (auto const element = all.next()) found.emplace_back(*element);
  return {found, all.ok()};
}

TEST(SkipValue, GivesTheBytesOfOneValue) {
  struct {
    std::string text, value;
  } const cases[] = {
      {"1,2", "1"},
      {"  true }", "true"},
      {"\"a\" : 1", "\"a\""},
      {R"("a\"]}\\" ,)", R"("a\"]}\\")"},
      {R"({"a":"}"} ,1)", R"({"a":"}"})"},
      {R"([{"a":["]"]},[]] x)", R"([{"a":["]"]},[]])"},
      {"-1.5e3]", "-1.5e3"},
      {"null\n", "null"},
  };
  for (auto const& [text, value] : cases) EXPECT_EQ(value, skip_value(text, 0)) << text;
}

TEST(SkipValue, GivesNothingWhereAValueDoesNotEnd) {
  for (auto const* const text :
       {"", "  ", "\"abc", "\"abc\\", "\"abc\\\"", "{", "[1,[2]", R"({"a":"})", ",", "}", "]"}) {
    EXPECT_TRUE(skip_value(text, 0).empty()) << text;
  }
  EXPECT_TRUE(skip_value("1", 7).empty());
}

TEST(SkipValue, FindsTheEndWhereverItStandsInALongText) {
  for (std::size_t length = 0; length <= 50; ++length) {
    auto const string = "\"" + std::string(length, 'x') + "\\\"\"";
    EXPECT_EQ(string, skip_value(string + ",1", 0));
    auto const array = "[" + std::string(length, ' ') + "{\"]\":[" + std::string(length, '1') + "]}]";
    EXPECT_EQ(array, skip_value(array + "]", 0));
  }
}

TEST(SkipValue, TakesAnyNestingWithoutAStack) {
  auto const deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(deep.size(), skip_value(deep, 0).size());
}

TEST(MemberWalk, GivesEachMemberAsItStands) {
  auto const walked = walk(R"( { "a" : 1 , "b\u0062":{"c":[1]} ,"":"x" } tail)");
  ASSERT_EQ(3U, walked.members.size());
  EXPECT_EQ((std::pair{"a"s, "1"s}), walked.members[0]);
  EXPECT_EQ((std::pair{R"(b\u0062)"s, R"({"c":[1]})"s}), walked.members[1]);
  EXPECT_EQ((std::pair{""s, "\"x\""s}), walked.members[2]);
  EXPECT_TRUE(walked.ok);
  EXPECT_EQ(R"( { "a" : 1 , "b\u0062":{"c":[1]} ,"":"x" })"s.size(), walked.position);
}

TEST(MemberWalk, IsOkOnlyAtTheEndOfAnObject) {
  EXPECT_TRUE(walk("{}").ok);
  EXPECT_TRUE(walk(" { } ").ok);
  for (auto const* const text :
       {"", " ", "[1]", "\"a\"", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":}", "{\"a\"}", "{\"a\" 1}"}) {
    EXPECT_FALSE(walk(text).ok) << text;
  }
}

TEST(MemberWalk, StopsAtTheFirstMemberThatIsNone) {
  EXPECT_EQ(1U, walk(R"({"a":1,b:2,"c":3})").members.size());
  EXPECT_EQ(1U, walk(R"({"a":1,"b":[2,"c":3)").members.size());
}

TEST(MemberWalk, StaysAtItsEnd) {
  MemberWalk members("{}");
  EXPECT_FALSE(members.next());
  EXPECT_FALSE(members.next());
  EXPECT_TRUE(members.ok());
}

TEST(ElementWalk, GivesEachElementAsItStands) {
  EXPECT_EQ((std::pair{std::vector{"1"s, "[2,3]"s, "{\"a\":[]}"s, "\"],\""s}, true}),
            elements(" [ 1 ,[2,3] , {\"a\":[]},\"],\" ] tail"));
  EXPECT_EQ((std::pair{std::vector<std::string>{}, true}), elements("[ ]"));
}

TEST(ElementWalk, IsOkOnlyAtTheEndOfAnArray) {
  for (auto const* const text : {"", "{}", "[", "[1", "[1,", "[1 2]", "[\"a]", "[1,}"}) {
    EXPECT_FALSE(elements(text).second) << text;
  }
}

TEST(FindMember, TakesTheLastAsParsersDo) {
  EXPECT_EQ("3", find_member(R"({"a":1,"b":2,"a":3})", "a"));
  EXPECT_EQ("2", find_member(R"({"a":1,"\u0061":2})", "a"));
  EXPECT_EQ("", find_member(R"({"A":1,"aa":2,"b":{"a":3}})", "a"));
  EXPECT_EQ("", find_member("[1]", "a"));
}

TEST(Spells, ResolvesEscapes) {
  EXPECT_TRUE(spells("name", "name"));
  EXPECT_TRUE(spells(R"(n\u0061me)", "name"));
  EXPECT_TRUE(spells(R"(\/a\"\\)", "/a\"\\"));
  EXPECT_FALSE(spells("Name", "name"));
  EXPECT_FALSE(spells(R"(n\\u0061me)", "name"));
}

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

TEST(Unquote, SurvivesWhatNoValidTextHolds) {
  EXPECT_EQ("\xEF\xBF\xBD"s, unquote("\\u"));
  EXPECT_EQ("\xEF\xBF\xBD"s + "12", unquote("\"\\u12\""));
  EXPECT_EQ("\xEF\xBF\xBD"s, unquote("\"\\ud83d\\u\"").substr(0, 3));
  EXPECT_EQ("x", unquote("\\x"));
  EXPECT_EQ("a\\", unquote("a\\"));
}

TEST(ByteTraits, AreSeenAtEveryPlace) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'x');
    EXPECT_FALSE(byte_traits(text).has_control || byte_traits(text).has_high);
    text[at] = '\t';
    EXPECT_TRUE(byte_traits(text).has_control && !byte_traits(text).has_high) << at;
    text[at] = '\x80';
    EXPECT_TRUE(byte_traits(text).has_high && !byte_traits(text).has_control) << at;
  }
}

}  // namespace
}  // namespace gateway::rpc
