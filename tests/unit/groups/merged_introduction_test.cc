#include "gateway/groups/merged_introduction.h"

#include <gtest/gtest.h>

#include <vector>

namespace gateway::groups {
namespace {

TEST(MergedIntroduction, HasTheCapabilitiesOfAllMembers) {
  std::vector<MemberIntroduction> const members{
      {"a", R"({"capabilities":{"tools":{},"logging":{},"extensions":{"x/ui":{"v":1}}},"instructions":"Use \"a\"."})"},
      {"b", R"({"capabilities":{"completions":{},"extensions":{"x/ui":{"v":2},"x/more":{}}}})"}};
  EXPECT_EQ(
      R"({"protocolVersion":"2025-11-25","capabilities":{"completions":{},"extensions":{"x/more":{},"x/ui":{"v":1}},)"
      R"("logging":{},"prompts":{"listChanged":true},"resources":{"subscribe":true,"listChanged":true},)"
      R"("tools":{"listChanged":true}},"serverInfo":{"name":"g","version":"1.2"},"instructions":"# a\n\nUse \"a\"."})",
      merged_introduction("g", "1.2", members));
}

TEST(MergedIntroduction, OffersListsThatMayChangeWhereNobodyIsThere) {
  EXPECT_NE(std::string::npos, merged_introduction("g", "1", {}).find(R"("tools":{"listChanged":true})"));
}

TEST(MayAnswer, SaysWhatAServerCan) {
  EXPECT_TRUE(may_answer("", mcp::Method::PromptsList));
  EXPECT_FALSE(may_answer(R"({"tools":{}})", mcp::Method::PromptsList));
  EXPECT_TRUE(may_answer(R"({"tools":{}})", mcp::Method::ToolsList));
  EXPECT_FALSE(may_answer(R"({"tools":{}})", mcp::Method::ResourcesRead));
  EXPECT_FALSE(may_answer(R"({"tools":{}})", mcp::Method::LoggingSetLevel));
  EXPECT_TRUE(may_answer(R"({"tools":{}})", mcp::Method::Initialize));
}

}  // namespace
}  // namespace gateway::groups
