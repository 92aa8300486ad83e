#include "gateway/mcp/visible_list.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

NameRules const kOnlyA{.rules = {{true, {"a*"}}}, .otherwise = false};

std::string visible(std::string_view raw, Method method = Method::ToolsList) {
  return visible_list(method, raw, kOnlyA).value_or("none");
}

TEST(VisibleListTest, HasWhatIsAllowedByteForByte) {
  EXPECT_EQ(R"({"tools":[{ "name" : "a1", "x":1e5 },{"name":"a"}],"nextCursor":"n"})",
            visible(R"({"tools":[{ "name" : "a1", "x":1e5 },{"name":"b"},{"name":"a"}],"nextCursor":"n"})"));
  EXPECT_EQ(R"({"tools":[]})", visible(R"({"tools":[{"name":"b"}]})"));
  EXPECT_EQ(R"({"resources":[{"uri":"a:1","name":"b"}]})",
            visible(R"({"resources":[{"uri":"a:1","name":"b"},{"uri":"b:1","name":"a"}]})", Method::ResourcesList));
  EXPECT_EQ(R"({"resourceTemplates":[{"uriTemplate":"a:{x}"}]})",
            visible(R"({"resourceTemplates":[{"uriTemplate":"a:{x}"},{"uriTemplate":"b:{x}"}]})",
                    Method::ResourceTemplatesList));
  EXPECT_EQ(R"({"prompts":[{"name":"a"}]})", visible(R"({"prompts":[{"name":"a"}]})", Method::PromptsList));
}

TEST(VisibleListTest, IsNotDeceivedByHowTheServerSpellsIt) {
  EXPECT_EQ(R"({"tools":[]})", visible(R"({"tools":[{"name":"\u0062"}]})"));
  EXPECT_EQ(R"({"tools":[{"name":"\u0061"}]})", visible(R"({"tools":[{"name":"\u0061"}]})"));
  EXPECT_EQ(R"({"tools":[]})",
            visible(R"({"tools":[{"name":"a","name":"b"},{"name":"a","Name":"b"},{"x":1},7,{"name":7}]})"));
  EXPECT_EQ(R"({"tools":[],"Tools":[],"\u0074ools":[]})",
            visible(R"({"tools":[{"name":"b"}],"Tools":[{"name":"b"}],"\u0074ools":[{"name":"b"}]})"));
}

TEST(VisibleListTest, IsNoLongerForEverybody) {
  EXPECT_EQ(R"({"tools":[],"cacheScope":"private"})", visible(R"({"tools":[],"cacheScope":"public"})"));
}

TEST(VisibleListTest, IsNoneWhereItCannotBeUnderstood) {
  EXPECT_EQ("none", visible(R"({"tools":{"name":"a"}})"));
  EXPECT_EQ("none", visible(R"({"tools":[{"name":"b"})"));
  EXPECT_EQ("none", visible(R"([{"name":"b"}])"));
  EXPECT_EQ("none", visible(R"({"tools":[]})", Method::ToolsCall));
  EXPECT_FALSE(is_list(Method::ResourcesRead));
}

}  // namespace
}  // namespace gateway::mcp
