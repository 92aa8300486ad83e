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
       {"", " ", "[1]", "\"a\"", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,\"a\":1}",
        "{\"a\":1 \"b\":2}", "{a:1}", "{\"a\":}", "{\"a\"}", "{\"a\" 1}"}) {
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

TEST(ElementWalk, TellsAnArrayOfObjectsFromWhatBeginsLikeOne) {
  for (auto const* const good : {R"([{}])", R"( [ {"a":[1]} , {"b":2} ]  )"})
    EXPECT_TRUE(is_array_of_objects(good)) << good;
  for (auto const* const bad :
       {"", "{}", "[]", "[INFO] up", "[{}] up", "[{},7]", "[[{}]]", "[{}", "[{},]", R"(["{}"])"})
    EXPECT_FALSE(is_array_of_objects(bad)) << bad;
  EXPECT_FALSE(is_array_of_objects(std::string(1'000'000, '[') + std::string(1'000'000, ']')));
}

TEST(FindMember, TakesTheLastAsParsersDo) {
  EXPECT_EQ("3", find_member(R"({"a":1,"b":2,"a":3})", "a"));
  EXPECT_EQ("2", find_member(R"({"a":1,"\u0061":2})", "a"));
  EXPECT_EQ("", find_member(R"({"A":1,"aa":2,"b":{"a":3}})", "a"));
  EXPECT_EQ("", find_member("[1]", "a"));
}

Member member_of(std::string_view object) { return *MemberWalk(object).next(); }

TEST(Member, IsWhatItsKeySpells) {
  EXPECT_TRUE(member_of(R"({"name":1})").is("name"));
  EXPECT_TRUE(member_of(R"({"n\u0061me":1})").is("name"));
  EXPECT_TRUE(member_of(R"({"\/a\"\\":1})").is("/a\"\\"));
  EXPECT_FALSE(member_of(R"({"Name":1})").is("name"));
  EXPECT_FALSE(member_of(R"({"n\\u0061me":1})").is("name"));
}

TEST(Member, ResemblesANameInAnyCaseAndSpelling) {
  for (auto const* const text : {R"({"name":1})", R"({"NaME":1})", R"({"\u004eame":1})"}) {
    EXPECT_TRUE(member_of(text).resembles("name")) << text;
  }
  EXPECT_FALSE(member_of(R"({"names":1})").resembles("name"));
  EXPECT_FALSE(member_of(R"({"nam\u0065s":1})").resembles("name"));
}

}  // namespace
}  // namespace gateway::rpc
