#include "gateway/mcp/tool_list.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace gateway::mcp {
namespace {

constexpr auto kTwoTools = R"({"tools":[{"name":"a","x":1.0},{"description":"d","name":"b\u0041"}]})";

TEST(ToolList, KeepsTheOnlyPageByteForByte) {
  ToolList list;
  EXPECT_FALSE(list.add_page(kTwoTools));
  EXPECT_EQ(kTwoTools, list.single_page());
  EXPECT_EQ(2U, list.size());
}

TEST(ToolList, KnowsItsToolsByTheirResolvedNames) {
  ToolList list;
  (void)list.add_page(kTwoTools);
  EXPECT_TRUE(list.contains("a"));
  EXPECT_TRUE(list.contains("bA"));
  EXPECT_FALSE(list.contains(R"(b\u0041)"));
  EXPECT_FALSE(list.contains(""));
}

TEST(ToolList, AsksForTheNextPageWithItsRawCursor) {
  ToolList list;
  EXPECT_EQ(R"("p\u0032")", list.add_page(R"({"tools":[{"name":"a"}],"nextCursor":"p\u0032"})"));
  EXPECT_EQ(std::nullopt, list.add_page(R"({"tools":[{"name":"b"}]})"));
  EXPECT_EQ(2U, list.size());
}

TEST(ToolList, HasTheToolsOfAllPagesInOneArray) {
  ToolList list;
  EXPECT_EQ("[]", list.as_array());
  (void)list.add_page(R"({"tools":[{"name":"a"}, {"name":"b"}],"nextCursor":"2"})");
  (void)list.add_page(R"({"tools":[]})");
  EXPECT_EQ(R"([{"name":"a"},{"name":"b"}])", list.as_array());
}

TEST(ToolList, OffersNoSinglePageWhereThereAreMore) {
  ToolList list;
  (void)list.add_page(R"({"tools":[{"name":"a"}],"nextCursor":"2"})");
  EXPECT_EQ("", list.single_page());
  (void)list.add_page(R"({"tools":[{"name":"b"}]})");
  EXPECT_EQ("", list.single_page());
}

TEST(ToolList, IsWholeWhereTheCursorIsNoString) {
  ToolList list;
  EXPECT_FALSE(list.add_page(R"({"tools":[],"nextCursor":null})"));
  EXPECT_EQ(R"({"tools":[],"nextCursor":null})", list.single_page());
}

TEST(ToolList, EndsWithAChildWhosePagesDoNot) {
  ToolList list;
  int pages = 1;
  while (pages < 100'000 && list.add_page(fmt::format(R"({{"tools":[{{"name":"t{}"}}],"nextCursor":""}})", pages)))
    ++pages;
  EXPECT_LE(pages, 1000);
  EXPECT_EQ("", list.single_page());
}

TEST(ToolList, SurvivesAResultThatIsNone) {
  for (auto const* const result :
       {"", "null", "[]", "{}", R"({"tools":{}})", R"({"tools":[1,"x",{}]})", R"({"tools":[)"}) {
    ToolList list;
    EXPECT_FALSE(list.add_page(result)) << result;
    EXPECT_EQ(0U, list.size()) << result;
  }
}

TEST(ToolList, IsTheSameOnlyByteForByte) {
  ToolList a, b, c;
  (void)a.add_page(R"({"tools":[{"name":"a"}],"_meta":{"time":1}})");
  (void)b.add_page(R"({"tools":[{"name":"a"}],"_meta":{"time":2}})");
  (void)c.add_page(R"({"tools":[{"name":"a","description":"new"}]})");
  EXPECT_TRUE(a.same_as(b));
  EXPECT_FALSE(a.same_as(c));
}

}  // namespace
}  // namespace gateway::mcp
