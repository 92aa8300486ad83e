#include "gateway/config/layout.h"

#include <gtest/gtest.h>

namespace gateway::config {
namespace {

TEST(Layout, KeepsShortListsAndObjectsOnOneLine) {
  EXPECT_EQ("{ \"a\": 1, \"b\": [] }", laid_out(Json::parse(R"({"a": 1, "b": []})")));
  EXPECT_EQ("{\n  \"a\": [1, 2],\n  \"b\": { \"c\": \"d\" }\n}",
            laid_out(Json::parse(R"({"a": [1, 2], "b": {"c": "d"}})")));
  EXPECT_EQ("{}", laid_out(Json::object()));
}

TEST(Layout, BreaksWhatIsTooLong) {
  auto const text = laid_out(Json::array({std::string(70, 'x'), std::string(70, 'y')}));
  EXPECT_EQ("[\n  \"" + std::string(70, 'x') + "\",\n  \"" + std::string(70, 'y') + "\"\n]", text);
}

TEST(Layout, TakesUpTheIndentationOfAFile) {
  EXPECT_EQ("{\n\t\t\"a\": { \"b\": 1 }\n\t}",
            laid_out(Json::parse(R"({"a": {"b": 1}})"), {.step = "\t", .before = "\t"}));
}

}  // namespace
}  // namespace gateway::config
