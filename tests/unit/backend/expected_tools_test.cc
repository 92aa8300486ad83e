#include "gateway/backend/expected_tools.h"

#include <gtest/gtest.h>

namespace gateway::backend {
namespace {

mcp::ToolList two_tools() {
  mcp::ToolList list;
  (void)list.add_page(R"({"tools":[{"name":"read"},{"name":"write"}]})");
  return list;
}

TEST(ExpectedTools, AreAllThereOrNamed) {
  EXPECT_EQ("", lack_of({.count = 0, .names = {"write", "read"}}, two_tools()).why);

  auto const lack = lack_of({.count = 0, .names = {"find", "read", "Write"}}, two_tools());
  EXPECT_EQ("it lacks the tools find, Write", lack.why);
  EXPECT_EQ(2U, lack.tools);
}

TEST(ExpectedTools, AreSoManyOrMore) {
  EXPECT_EQ("", lack_of({.count = 2, .names = {}}, two_tools()).why);
  EXPECT_EQ("", lack_of({.count = 1, .names = {}}, two_tools()).why);

  auto const lack = lack_of({.count = 5, .names = {}}, two_tools());
  EXPECT_EQ("it lists 2 tools, expected 5", lack.why);
  EXPECT_EQ(3U, lack.tools);
}

}  // namespace
}  // namespace gateway::backend
