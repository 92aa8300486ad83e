#include "gateway/groups/merged_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gateway::groups {
namespace {

using mcp::Era;
using mcp::Method;

class MergedListTest : public ::testing::Test {
 protected:
  Catalog catalog{{.name = "g", .members = {{"one", "a"}, {"two", "b"}}}};
  ToolShape shape{{}};
  std::vector<MemberList> lists{
      {.member = 0, .pages = {R"({"tools":[{"name":"x","title":"X"}]})"}},
      {.member = 1,
       .pages = {R"({"tools":[{"title":"Y","name":"y","inputSchema":{"name":1}}]})", R"({"tools":[{"name":"z"}]})"}}};

  void SetUp() override {
    catalog.learn(0, {"x"});
    catalog.learn(1, {"y", "z"});
  }
  [[nodiscard]] std::string merged(Method list, Era era = Era::Sessions,
                                   std::vector<std::string> const& left_out = {}) {
    return merged_list(list, era, lists, catalog, shape, left_out);
  }
};

TEST_F(MergedListTest, RenamesEachToolAndKeepsAllElse) {
  EXPECT_EQ(
      R"({"tools":[{"name":"a__x","title":"X"},{"name":"b__y","title":"Y","inputSchema":{"name":1}},{"name":"b__z"}]})",
      merged(Method::ToolsList));
}

TEST_F(MergedListTest, LeavesOutWhatIsNotToBeSeen) {
  lists[1].visible = NameRules{.rules = {{.allow = true, .patterns = {"z"}}}, .otherwise = false};
  EXPECT_EQ(R"({"tools":[{"name":"a__x","title":"X"},{"name":"b__z"}]})", merged(Method::ToolsList));
}

TEST_F(MergedListTest, SaysWhoseThingsAreMissing) {
  lists.pop_back();
  EXPECT_EQ(R"({"tools":[{"name":"a__x","title":"X"}],"_meta":{"mcp-gateway/unavailable":["two"]}})",
            merged(Method::ToolsList, Era::Sessions, {"two"}));
}

TEST_F(MergedListTest, OffersAResourceOnceAndAsItsMemberNamesIt) {
  lists = {{.member = 0, .pages = {R"({"resources":[{"uri":"s:1","name":"x"}]})"}},
           {.member = 1, .pages = {R"({"resources":[{"uri":"s:1","name":"y"},{"uri":"s:2","name":"y"}]})"}}};
  EXPECT_EQ(R"({"resources":[{"uri":"s:1","name":"x"},{"uri":"s:2","name":"y"}]})", merged(Method::ResourcesList));
}

TEST_F(MergedListTest, MayBeKeptAsLongAndByAsManyAsEachPartOfIt) {
  lists = {{.member = 0, .pages = {R"({"tools":[{"name":"x"}],"ttlMs":5000,"cacheScope":"public"})"}},
           {.member = 1, .pages = {R"({"tools":[{"name":"y"}],"ttlMs":60000,"cacheScope":"public"})"}}};
  auto const whole = merged(Method::ToolsList, Era::Stateless);
  EXPECT_NE(std::string::npos, whole.find(R"("ttlMs":5000)")) << whole;
  EXPECT_NE(std::string::npos, whole.find(R"("cacheScope":"public")")) << whole;
  lists[1].visible = NameRules{};
  EXPECT_NE(std::string::npos, merged(Method::ToolsList, Era::Stateless).find(R"("cacheScope":"private")"));
  auto const incomplete = merged(Method::ToolsList, Era::Stateless, {"three"});
  EXPECT_NE(std::string::npos, incomplete.find(R"("ttlMs":0)")) << incomplete;
}

TEST_F(MergedListTest, TakesNothingFromWhatIsNoList) {
  lists = {{.member = 0,
            .pages = {R"({"tools":{"name":"x"}})", R"([])", R"({"tools":[1,{},{"title":"no name"},{"name":null}]})"}}};
  EXPECT_EQ(R"({"tools":[]})", merged(Method::ToolsList));
}

}  // namespace
}  // namespace gateway::groups
