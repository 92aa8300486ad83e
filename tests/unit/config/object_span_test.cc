#include "gateway/config/object_span.h"

#include <gtest/gtest.h>

namespace gateway::config {
namespace {

/// The text with `"new": {"command": "x"}` in its object.
std::string with(std::string_view json) {
  auto const object = object_at(json, 0);
  return object ? with_member(json, *object, "new", {{"command", "x"}}) : "no object";
}

std::string without(std::string_view json, std::string_view key) {
  auto const object = object_at(json, 0);
  auto const* const member = object ? object->find(key) : nullptr;
  return member == nullptr ? "no member" : without_member(json, *object, *member);
}

std::string const kNew = R"("new": { "command": "x" })";

TEST(ObjectSpan, FindsMembersAmongCommentsAndTexts) {
  constexpr std::string_view kText =
      "// {\n { /* \"x\": 1 */ \"a\\u0062\" : \"}\" , \"c\": [1, {\"d\": 2}], \"e\":-1.5e3 } ";
  auto const object = object_at(kText, 0);
  ASSERT_TRUE(object);
  ASSERT_EQ(3U, object->members.size());
  EXPECT_EQ("ab", object->members[0].key);
  EXPECT_EQ("[1, {\"d\": 2}]",
            kText.substr(object->members[1].value, object->members[1].end - object->members[1].value));
  EXPECT_EQ("-1.5e3", kText.substr(object->members[2].value, object->members[2].end - object->members[2].value));
  EXPECT_EQ('}', kText[object->end - 1]);
  EXPECT_FALSE(object_at("[1]", 0));
}

TEST(ObjectSpan, TakesAMemberMoreBehindTheOthers) {
  EXPECT_EQ("{\n  \"a\": 1,\n  " + kNew + "\n}\n", with("{\n  \"a\": 1\n}\n"));
  EXPECT_EQ("{\n\t\"a\": 1,\n\t" + kNew + "\n}", with("{\n\t\"a\": 1\n}"));
  EXPECT_EQ("{\r\n    \"a\": 1,\r\n    " + kNew + "\r\n}\r\n", with("{\r\n    \"a\": 1\r\n}\r\n"));
  EXPECT_EQ("{ \"a\": 1, " + kNew + " }", with("{ \"a\": 1 }"));
  EXPECT_EQ("{\n  " + kNew + "\n}", with("{}"));
  constexpr std::string_view kLine = "{\"a\": 1}";
  EXPECT_EQ("{\"a\": 1, \"b\": { \"c\": { \"d\": [1] } }}",
            with_member(kLine, *object_at(kLine, 0), "b", Json::parse(R"({"c": {"d": [1]}})")));
}

TEST(ObjectSpan, KeepsCommentsWhereTheyAre) {
  EXPECT_EQ("{\n  \"a\": 1, // one\n  " + kNew + "\n  // end\n}", with("{\n  \"a\": 1 // one\n  // end\n}"));
  EXPECT_EQ("{\n  \"a\": 1, /* one */ // two\n  " + kNew + ",\n}", with("{\n  \"a\": 1, /* one */ // two\n}"));
  EXPECT_EQ("{\n  // none yet\n  " + kNew + "\n}", with("{\n  // none yet\n}"));
  EXPECT_EQ("{\r\n  \"a\": 1, // one\r\n  " + kNew + "\r\n}", with("{\r\n  \"a\": 1 // one\r\n}"));
}

TEST(ObjectSpan, KeepsATrailingComma) { EXPECT_EQ("{\n  \"a\": 1,\n  " + kNew + ",\n}", with("{\n  \"a\": 1,\n}")); }

TEST(ObjectSpan, LosesAMemberAndItsComma) {
  constexpr std::string_view kThree =
      "{\n  \"a\": 1, // one\n  // of b\n  \"b\": {\n    \"x\": 1 // inner\n  },\n  \"c\": 3\n}\n";
  EXPECT_EQ("{\n  // of b\n  \"b\": {\n    \"x\": 1 // inner\n  },\n  \"c\": 3\n}\n", without(kThree, "a"));
  EXPECT_EQ("{\n  \"a\": 1, // one\n  // of b\n  \"c\": 3\n}\n", without(kThree, "b"));
  EXPECT_EQ("{\n  \"a\": 1, // one\n  // of b\n  \"b\": {\n    \"x\": 1 // inner\n  }\n}\n", without(kThree, "c"));
}

TEST(ObjectSpan, LosesAMemberOnALineWithOthers) {
  EXPECT_EQ("{ \"b\": 2 }", without("{ \"a\": 1, \"b\": 2 }", "a"));
  EXPECT_EQ("{ \"a\": 1 }", without("{ \"a\": 1, \"b\": 2 }", "b"));
  EXPECT_EQ("{}", without("{\"a\": 1}", "a"));
  EXPECT_EQ("{\n}", without("{\n  \"a\": 1,\n}", "a"));
  EXPECT_EQ("{\r\n  \"b\": 2\r\n}", without("{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}", "a"));
}

TEST(ObjectSpan, IsAsBeforeWhereWhatWasAddedIsTakenOut) {
  for (auto const* const text :
       {"{\n  \"a\": 1\n}\n", "{\n\t\"a\": 1, // one\n\t\"b\": [\n\t\t2\n\t]\n}", "{ \"a\": 1 }", "{\n  \"a\": 1,\n}"})
    EXPECT_EQ(text, without(with(text), "new"));
}

}  // namespace
}  // namespace gateway::config
