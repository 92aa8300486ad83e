#include "gateway/imports/import_file.h"

#include <gtest/gtest.h>

namespace gateway::imports {
namespace {

Imported imported(std::string_view text, std::optional<Kind> kind = {}, std::string workspace = {}) {
  auto outcome = import_file({.text = text, .kind = kind, .workspace = std::move(workspace)});
  if (auto* const well = std::get_if<Imported>(&outcome)) return std::move(*well);
  for (auto const& error : std::get<config::ConfigErrors>(outcome).errors)
    ADD_FAILURE() << error.path << ": " << error.what;
  return {};
}

Json service(std::string_view entry) {
  auto const all = imported(std::string(R"({"mcpServers": {"a": )") + std::string(entry) + "}}");
  return all.config.value("mcpServers", Json::object()).value("a", Json{});
}

TEST(ImportFile, PutsFirstWhatIsStartedAndLeavesOutWhatIsEmpty) {
  EXPECT_EQ(R"({"command":"x","args":["1"],"cwd":"/srv"})",
            service(R"({"cwd": "/srv", "env": {}, "type": "stdio", "args": [1], "command": "x"})").dump());
}

TEST(ImportFile, TakesTheWordsOfOtherProgramsForOurs) {
  EXPECT_EQ(R"({"command":"x","args":["-v"],"env":{"A":"1"}})",
            service(R"({"command": ["x", "-v"], "environment": {"A": 1}})").dump());
  EXPECT_EQ(R"({"command":"x","disabled":true})", service(R"({"command": "x", "enabled": false})").dump());
  EXPECT_EQ(R"({"command":"x","pass_env":["A"]})", service(R"({"command": "x", "env_vars": ["A"]})").dump());
}

TEST(ImportFile, TurnsNumbersIntoTimes) {
  EXPECT_EQ(R"({"command":"x","call_timeout":"90s"})", service(R"({"command": "x", "timeout": 90})").dump());
  EXPECT_EQ(R"({"command":"x","call_timeout":"5s"})", service(R"({"command": "x", "timeout": 5000})").dump());
  EXPECT_EQ(R"({"command":"x","start_timeout":"1500ms"})",
            service(R"({"command": "x", "startup_timeout_ms": 1500})").dump());
  EXPECT_EQ(R"({"command":"x"})", service(R"({"command": "x", "timeout": 0})").dump());
}

TEST(ImportFile, NamesAPlaceInTheFileThatWasRead) {
  auto const outcome = import_file({.text = R"({"servers": {"a b": {"command": "x", "args": 1}}})"});
  auto const& errors = std::get<config::ConfigErrors>(outcome).errors;
  ASSERT_EQ(1U, errors.size());
  EXPECT_EQ(R"(servers["a b"].args)", errors.front().path);
}

TEST(ImportFile, KnowsAKindByItsKeys) {
  auto const kind = [](std::string_view text) { return kind_of(Json::parse(text)); };
  EXPECT_EQ(Kind::Claude, kind(R"({"mcpServers": {}})"));
  EXPECT_EQ(Kind::VsCode, kind(R"({"inputs": [], "servers": {}})"));
  EXPECT_EQ(Kind::TbxarkMcpProxy, kind(R"({"mcpProxy": {}, "mcpServers": {}})"));
  EXPECT_EQ(Kind::LiteLlm, kind(R"({"model_list": [], "mcp_servers": {}})"));
  EXPECT_EQ(Kind::AgentGateway, kind(R"({"binds": []})"));
  EXPECT_EQ(Kind::AgentGateway, kind(R"({"mcp": {"targets": []}})"));
  EXPECT_EQ(Kind::Claude, kind(R"({"a": {"command": "x"}})"));
  EXPECT_EQ(std::nullopt, kind(R"({"paths": {}})"));
}

TEST(ImportFile, KeepsTheStatusPageOffThePortOfTheClients) {
  auto const all = imported(R"({"mcpProxy": {"addr": "127.0.0.1:9090"}, "mcpServers": {"a": {"command": "x"}}})");
  EXPECT_EQ("127.0.0.1:9091", all.config["gateway"]["admin_listen"]);
}

TEST(ImportFile, ListensOnThisMachineOnlyWithoutTokens) {
  auto const open = imported(R"({"mcpProxy": {"addr": ":8000"}, "mcpServers": {"a": {"command": "x"}}})");
  EXPECT_EQ("127.0.0.1:8000", open.config["gateway"]["listen"]);
  auto const closed = imported(
      R"({"mcpProxy": {"addr": ":8000", "options": {"authTokens": ["t"]}}, "mcpServers": {"a": {"command": "x"}}})");
  EXPECT_EQ(":8000", closed.config["gateway"]["listen"]);
}

TEST(ImportFile, SaysSoWhereATokenIsNotTaken) {
  auto const all = imported(
      R"({"mcpProxy": {"addr": ":8000", "options": {"authTokens": "t"}}, "mcpServers": {"a": {"command": "x"}}})");
  EXPECT_EQ("127.0.0.1:8000", all.config["gateway"]["listen"]);
  EXPECT_EQ("mcpProxy.options.authTokens", all.remarks.back().path);
}

TEST(ImportFile, MakesATargetThatMustRunARequiredService) {
  auto const all = imported(R"({"mcpProxy": {"options": {"panicIfInvalid": true}}, "mcpServers": {
      "a": {"command": "x"}, "b": {"command": "x", "options": {"panicIfInvalid": false}}}})");
  EXPECT_EQ(R"({"a":{"command":"x","required":true},"b":{"command":"x"}})", all.config["mcpServers"].dump());
}

TEST(ImportFile, GivesNoTwoServicesTheSameName) {
  auto const all = imported(R"({"mcpServers": {"a b": {"command": "x"}, "a-b": {"command": "y"}}})");
  EXPECT_EQ(R"({"a-b":{"command":"x"}})", all.config["mcpServers"].dump());
  EXPECT_EQ((Remark{"mcpServers.a-b", "Left out: there is a service 'a-b' already"}), all.remarks.back());
}

}  // namespace
}  // namespace gateway::imports
