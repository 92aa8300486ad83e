#include "gateway/groups/tool_shape.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace gateway::groups {
namespace {

using config::ToolShaping;

TEST(ToolShape, LeavesAllAsItIsWithoutRules) {
  ToolShape const shape{ToolShaping{}};
  EXPECT_EQ("a__x", shape.offered_as("a__x"));
  EXPECT_EQ("a__x", shape.behind("a__x"));
  EXPECT_FALSE(shape.has_arguments("a__x"));
}

TEST(ToolShape, DeniesAlsoWhatItAllows) {
  ToolShape const shape{ToolShaping{.allow = {"a__*"}, .deny = {"*__delete"}}};
  EXPECT_EQ("a__x", shape.offered_as("a__x"));
  EXPECT_EQ(std::nullopt, shape.offered_as("a__delete"));
  EXPECT_EQ(std::nullopt, shape.behind("a__delete"));
  EXPECT_EQ(std::nullopt, shape.behind("b__x"));
}

TEST(ToolShape, ReadsANameBackAsItWasGiven) {
  ToolShape const shape{ToolShaping{
      .deny = {"gone"},
      .change = {{"a", {.name = "b"}}, {"b", {.name = "a"}}, {"gone", {.name = "here"}}, {"c", {.name = "c"}}}}};
  for (std::string const name : {"a", "b", "c", "d", "gone", "here"}) {
    auto const offered = shape.offered_as(name);
    if (offered) {
      EXPECT_EQ(name, shape.behind(*offered));
    }
  }
  EXPECT_EQ("b", shape.offered_as("a"));
  EXPECT_EQ("a", shape.offered_as("b"));
  EXPECT_EQ(std::nullopt, shape.offered_as("here"));  // the name is another's, even if that is denied
  EXPECT_EQ(std::nullopt, shape.behind("here"));
}

TEST(ToolShape, KnowsWhichToolsOnlyRead) {
  ToolShape const shape{ToolShaping{.read_only = true}};
  EXPECT_EQ(std::vector<std::string>{"r"}, shape.names_in(R"({"tools":[
      {"name":"r","annotations":{"readOnlyHint":true}},{"name":"w","annotations":{"readOnlyHint":false}},
      {"name":"s","annotations":{"readOnlyHint":"true"}},{"name":"n"},{"annotations":{"readOnlyHint":true}},7]})"));
}

TEST(ToolShape, HidesAnArgumentOfASchemaThatRequiresIt) {
  ToolShape const shape{ToolShaping{.change = {{"t", {.description = "d", .arguments = {{"p", "1"}}}}}}};
  std::string out;
  shape.append_tool(
      out,
      R"({"name":"own","inputSchema":{"properties":{"p":{},"q":{"p":1}},"required":["q","\u0070"],"p":2},)"
      R"("description":"x","p":3})",
      "t", "t");
  EXPECT_EQ(R"({"name":"t","description":"d","inputSchema":{"properties":{"q":{"p":1}},"required":["q"],"p":2},"p":3})",
            out);
}

TEST(ToolShape, SetsArgumentsWhateverAClientSends) {
  ToolShape const shape{ToolShaping{.change = {{"t", {.arguments = {{"p", "[1]"}}}}}}};
  EXPECT_EQ(R"({"name":"own","arguments":{"q":2,"p":[1]},"_meta":{"p":0}})",
            shape.with_arguments(R"({"_meta":{"p":0},"arguments":{"p":1,"q":2,"P":3},"name":"t"})", "t", "own"));
  EXPECT_EQ(R"({"name":"own","arguments":{"p":[1]}})", shape.with_arguments(R"({"name":"t"})", "t", "own"));
  EXPECT_EQ(std::nullopt, shape.with_arguments(R"({"name":"t","arguments":[]})", "t", "own"));
}

}  // namespace
}  // namespace gateway::groups
