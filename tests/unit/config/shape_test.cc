#include "gateway/config/shape.h"

#include <gtest/gtest.h>

#include "tests/fakes/config_text.h"

namespace gateway::config {
namespace {

using fakes::first_error;
using fakes::good;

constexpr std::string_view kOne = R"({"one": {"command": "x"}})";

/// The first note on a file that holds one service `one`.
std::string read_as(std::string const& text) {
  auto const config = good(text);
  EXPECT_EQ("one", config.services.at(0).name) << text;
  return config.warnings.empty() ? "no note" : config.warnings.at(0).path + ": " + config.warnings.at(0).what;
}

TEST(ConfigShape, FindsTheServersOfEachProgram) {
  EXPECT_EQ("no note", read_as(fmt::format(R"({{"mcpServers": {}}})", kOne)));
  EXPECT_EQ("no note", read_as(fmt::format(R"({{"servers": {}}})", kOne)));
  EXPECT_EQ("mcp.servers: Read as mcpServers.",
            read_as(fmt::format(R"({{"mcp": {{"inputs": [], "servers": {}}}}})", kOne)));
  EXPECT_EQ("[\"mcp.servers\"]: Read as mcpServers.", read_as(fmt::format(R"({{"mcp.servers": {}}})", kOne)));
  EXPECT_EQ("context_servers: Read as mcpServers.", read_as(fmt::format(R"({{"context_servers": {}}})", kOne)));
  EXPECT_EQ("mcp_servers: Read as mcpServers.", read_as(fmt::format(R"({{"mcp_servers": {}}})", kOne)));
  EXPECT_EQ("[\"amp.mcpServers\"]: Read as mcpServers.", read_as(fmt::format(R"({{"amp.mcpServers": {}}})", kOne)));
  EXPECT_EQ("mcp: Read as mcpServers.", read_as(fmt::format(R"({{"mcp": {}}})", kOne)));
}

TEST(ConfigShape, ReadsAMapOfServersWithNothingAroundThem) {
  EXPECT_EQ("the file: Read as mcpServers: it holds servers by name and nothing around them.",
            read_as(std::string(kOne)));
  EXPECT_FALSE(is_bare_map(Json::parse(R"({"one": {"command": "x"}, "two": 2})")));
  EXPECT_FALSE(is_bare_map(Json::parse("{}")));
}

TEST(ConfigShape, ReadsAListOfServersThatSayTheirNames) {
  EXPECT_EQ("no note", read_as(R"({"mcpServers": [{"name": "one", "command": "x"}]})"));
  EXPECT_EQ("mcpServers[0]: expected services by name, {\"NAME\": {...}}, found one in a list that has no name",
            first_error(R"({"mcpServers": [{"command": "x"}]})"));
}

TEST(ConfigShape, KeepsToOneNoteOnTheRestOfAnEditorsSettings) {
  auto const config = good(fmt::format(R"({{"a": 1, "b": 2, "c": 3, "d": 4, "mcpServers": {}}})", kOne));

  ASSERT_EQ(1U, config.warnings.size());
  EXPECT_EQ("Ignored: 4 keys that are not mcp-gateway's, from 'a' to 'd'.", config.warnings[0].what);
}

TEST(ConfigShape, SaysWhereServersStandFurtherDown) {
  EXPECT_EQ(
      "mcpServers: expected at least one service, found none; copy those under projects[\"/home/me/p\"].mcpServers to "
      "the top "
      "level of a file, under mcpServers",
      first_error(R"({"projects": {"/home/me/p": {"mcpServers": {"a": {"command": "x"}}}}})"));
  EXPECT_EQ(
      "mcpServers: expected at least one service, found none; copy those under customizations.vscode.mcp.servers to "
      "the top "
      "level of a file, under mcpServers",
      first_error(R"({"customizations": {"vscode": {"mcp": {"servers": {"a": {"command": "x"}}}}}})"));

  auto const beside =
      good(R"({"mcpServers": {"b": {"command": "y"}}, "projects": {"p": {"mcpServers": {"a": {"command": "x"}}}}})");
  EXPECT_EQ(1U, beside.services.size());
  EXPECT_EQ("projects.p.mcpServers", beside.warnings.at(0).path);
  EXPECT_EQ("Ignored: only services at the top level of the file are served.", beside.warnings.at(0).what);
}

TEST(ConfigShape, NamesFilesOfTheSameKind) {
  EXPECT_EQ("the file: this is one server without its name; expected {\"mcpServers\": {\"NAME\": {...}}}",
            first_error(R"({"command": "npx", "args": []})"));
  EXPECT_EQ(
      "the file: this is the manifest of a desktop extension; expected {\"mcpServers\": {\"NAME\": {...}}}, with what "
      "its "
      "server.mcp_config says",
      first_error(R"({"manifest_version": "0.3", "name": "x", "server": {"mcp_config": {}}})"));
  EXPECT_EQ(
      "the file: this describes a server for the MCP registry; expected {\"mcpServers\": {\"NAME\": {...}}}, with the "
      "command "
      "that runs its package",
      first_error(R"({"name": "io.x/y", "packages": []})"));
}

}  // namespace
}  // namespace gateway::config
