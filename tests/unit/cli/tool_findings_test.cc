#include "gateway/cli/tool_findings.h"

#include <gtest/gtest.h>

namespace gateway::cli {
namespace {

mcp::ToolLock tools(std::initializer_list<std::pair<std::string, std::string>> services) {
  mcp::ToolLock lock;
  for (auto const& [service, raw] : services) mcp::add_pins(lock[service], raw);
  return lock;
}
using Findings = std::vector<std::string>;

TEST(ToolFindings, NameHiddenCharactersAndShadowedTools) {
  EXPECT_EQ(
      (Findings{"a: the tool read has a hidden character: U+202E, a bidirectional control, in description",
                "b: the tool send has the name of one of a",
                "c: the tool Send-File has nearly the name of send_file of a"}),
      tool_findings(tools({{"a", R"([{"name":"read","description":"\u202e"},{"name":"send"},{"name":"send_file"}])"},
                           {"b", R"([{"name":"send"}])"},
                           {"c", R"([{"name":"Send-File"}])"}})));
  EXPECT_EQ(Findings{"a: the name of the tool x\\u{200B} has a hidden character: U+200B, a character without width"},
            tool_findings(tools({{"a", R"([{"name":"x\u200b"}])"}})));
}

TEST(ToolFindings, AreNoneForToolsThatAreWhatTheySeem) {
  EXPECT_EQ(Findings{},
            tool_findings(tools({{"a", R"([{"name":"get_a"},{"name":"getA"}])"}, {"b", R"([{"name":"get_b"}])"}})));
}

}  // namespace
}  // namespace gateway::cli
