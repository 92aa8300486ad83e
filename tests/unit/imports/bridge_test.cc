#include "gateway/imports/bridge.h"

#include <gtest/gtest.h>

#include "gateway/imports/import_line.h"

namespace gateway::imports {
namespace {

using Words = std::vector<std::string>;

Result<std::string> no_file(std::string const& path) { return Error{path + " is not there"}; }

Imported imported(Words const& words) {
  auto outcome = import_line(words, {}, no_file);
  if (auto* const well = std::get_if<Imported>(&outcome)) return std::move(*well);
  for (auto const& error : std::get<config::ConfigErrors>(outcome).errors)
    ADD_FAILURE() << error.path << ": " << error.what;
  return {};
}

std::string error_of(Words const& words) {
  auto const outcome = import_line(words, {}, no_file);
  auto const* const wrong = std::get_if<config::ConfigErrors>(&outcome);
  return wrong == nullptr ? "none" : wrong->errors.front().what;
}

Words paths_of(Remarks const& remarks) {
  Words paths;
  for (auto const& remark : remarks) paths.push_back(remark.path);
  return paths;
}

TEST(FindBridge, SeesThroughWhatStartsIt) {
  auto const flags_of = [](Words const& words) {
    auto const found = find_bridge(words);
    return found ? static_cast<int>(found->flags) : -1;
  };
  EXPECT_EQ(1, flags_of({"supergateway", "--port", "1"}));
  EXPECT_EQ(3, flags_of({"npx", "-y", "supergateway@3.4.0", "--stdio", "x"}));
  EXPECT_EQ(6, flags_of({"docker", "run", "-it", "-p", "8000:8000", "supercorp/supergateway:uvx", "--stdio"}));
  EXPECT_EQ(4, flags_of({"uv", "tool", "run", "mcp-proxy", "uvx"}));
  EXPECT_EQ(1, flags_of({"/usr/local/bin/mcp-proxy", "x"}));
  EXPECT_EQ(-1, flags_of({"npx", "other"}));
}

TEST(Supergateway, IsServedWhereItWas) {
  auto const all = imported({"npx", "-y", "supergateway", "--stdio", "npx -y @scope/server \"/my files\"", "--port",
                             "8000", "--outputTransport", "streamableHttp", "--stateful", "--sessionTimeout", "60000"});
  EXPECT_EQ(R"({"gateway":{"limits":{"session_idle_timeout":"60000ms"}},"mcpServers":{"server":{"command":"npx",)"
            R"("args":["-y","@scope/server","/my files"],"isolation":"session","listen":"127.0.0.1:8000"}}})",
            all.config.dump());
  EXPECT_EQ((Words{"--port"}), paths_of(all.remarks));
}

TEST(Supergateway, KnowsBothSpellingsAndBothWaysToGiveAValue) {
  auto const all = imported({"supergateway", "--stdio=x", "--output-transport=sse", "--log-level", "debug",
                             "--base-url=https://mcp.example.com/team", "--host", "127.0.0.1"});
  EXPECT_EQ(R"({"log":{"level":"debug"},"public_url":"https://mcp.example.com","base_path":"/team",)"
            R"("allowed_hosts":["mcp.example.com"]})",
            all.config["gateway"].dump());
  EXPECT_TRUE(all.remarks.empty());
}

TEST(Supergateway, HasFlagsWithoutCounterpartWhichAreNamed) {
  auto const all = imported({"supergateway",
                             "--stdio",
                             "x",
                             "--cors",
                             "--ssePath",
                             "/events",
                             "--messagePath",
                             "/m",
                             "--healthEndpoint",
                             "/healthz",
                             "--header",
                             "X-A: 1",
                             "X-B: 2",
                             "--frobnicate",
                             "7",
                             "--host",
                             "127.0.0.1",
                             "--protocolVersion",
                             "2024-11-05",
                             "--oauth2Bearer",
                             "t"});
  EXPECT_EQ((Words{"--cors", "--ssePath", "--messagePath", "--healthEndpoint", "--header", "--protocolVersion",
                   "--oauth2Bearer", "--frobnicate"}),
            paths_of(all.remarks));
}

TEST(Supergateway, MayBeCalledByPagesOfOrigins) {
  auto const all = imported({"supergateway", "--cors", "https://a.example.com", "/b$/", "--stdio", "x"});
  EXPECT_EQ(R"(["https://a.example.com"])", all.config["gateway"]["allowed_origins"].dump());
}

TEST(Supergateway, IsRefusedWhereItDoesNotServeAProgram) {
  EXPECT_EQ(0U, error_of({"supergateway", "--sse", "https://a.example.com/sse"}).find("--sse connects to a remote"));
  EXPECT_EQ("expected --stdio \"COMMAND\", found none", error_of({"supergateway", "--port", "1"}));
  EXPECT_EQ("--port: expected a port in 0..65535, found 'http'",
            error_of({"supergateway", "--stdio", "x", "--port", "http"}));
  EXPECT_EQ("--stdio: expected a command, found nothing", error_of({"supergateway", "--stdio", " "}));
  EXPECT_EQ("--port: expected a value", error_of({"supergateway", "--stdio", "x", "--port"}));
  EXPECT_EQ(0U,
            error_of({"supergateway", "--stdio", "x", "--outputTransport", "ws"}).find("--outputTransport: expected"));
}

TEST(Supergateway, GivesToAShellWhatOnlyAShellUnderstands) {
  auto const all = imported({"supergateway", "--stdio", "cd /x && ./run ${A}", "--host", "127.0.0.1"});
  EXPECT_EQ(R"(["-c","cd /x && ./run $${A}"])", all.config["mcpServers"]["server"]["args"].dump());
  EXPECT_EQ((Words{"--stdio"}), paths_of(all.remarks));
}

TEST(Supergateway, RefersToVariablesAsItsShellDid) {
  auto const all = imported({"supergateway", "--stdio", "x --token \"$TOKEN\" '$NOT'", "--host", "127.0.0.1"});
  EXPECT_EQ(R"(["--token","${TOKEN}","$NOT"])", all.config["mcpServers"]["server"]["args"].dump());
  EXPECT_EQ((Words{"TOKEN"}), all.variables);
}

TEST(McpProxy, TakesACommandAmongItsFlags) {
  auto const all = imported({"uvx", "mcp-proxy", "--port=8096", "-e", "API_KEY", "k", "--cwd", "/srv", "--debug",
                             "--pass-environment", "--", "uvx", "mcp-server-fetch", "--user-agent=x"});
  EXPECT_EQ(R"({"gateway":{"log":{"level":"debug"}},"mcpServers":{"server":{"command":"uvx",)"
            R"("args":["mcp-server-fetch","--user-agent=x"],"env":{"API_KEY":"k"},"cwd":"/srv",)"
            R"("listen":"127.0.0.1:8096"}}})",
            all.config.dump());
  EXPECT_EQ((Words{"--env API_KEY", "--pass-environment"}), paths_of(all.remarks));
}

TEST(McpProxy, HandsOnFlagsOfTheCommand) {
  auto const all = imported({"mcp-proxy", "--port", "8080", "npx", "-y", "pkg", "--host", "0.0.0.0"});
  EXPECT_EQ(R"(["-y","pkg"])", all.config["mcpServers"]["server"]["args"].dump());
  EXPECT_EQ("127.0.0.1:8081", all.config["gateway"]["listen"]);
  EXPECT_EQ((Words{"-y", "--host"}), paths_of(all.remarks));
}

TEST(McpProxy, ServesServersByName) {
  auto const all =
      imported({"mcp-proxy", "--port", "8080", "--named-server", "fetch", "uvx mcp-server-fetch", "--named-server",
                "my git", "uvx mcp-server-git --repository '$HOME *'", "--allow-origin", "https://a.example.com", "*"});
  EXPECT_EQ(R"({"gateway":{"allowed_origins":["https://a.example.com"],"listen":"127.0.0.1:8080",)"
            R"("base_path":"/servers"},"mcpServers":{"fetch":{"command":"uvx","args":["mcp-server-fetch"]},)"
            R"("my-git":{"command":"uvx","args":["mcp-server-git","--repository","$HOME *"]}}})",
            all.config.dump());
}

TEST(McpProxy, ReadsAFileOfServers) {
  auto const read = [](std::string const& path) -> Result<std::string> {
    if (path != "s.json") return Error{"cannot read " + path};
    return std::string(R"({"mcpServers": {"a": {"command": "x", "enabled": false}, "b": {"command": "y"}}})");
  };
  auto const outcome = import_line(Words{"mcp-proxy", "--named-server-config", "s.json"}, {}, read);
  EXPECT_EQ(R"({"a":{"command":"x","disabled":true},"b":{"command":"y"}})",
            std::get<Imported>(outcome).config["mcpServers"].dump());
  EXPECT_EQ("t.json is not there", error_of({"mcp-proxy", "--named-server-config", "t.json"}));
}

TEST(McpProxy, IsRefusedWhereItIsAClientOrAnotherOne) {
  EXPECT_EQ(0U, error_of({"mcp-proxy", "https://a.example.com/sse"}).find("'https://a.example.com/sse' is a remote"));
  EXPECT_EQ(0U,
            error_of({"mcp-proxy", "--apiKey", "k", "node", "x.js"}).find("--apiKey is a flag of the mcp-proxy in"));
  EXPECT_EQ(0U, error_of({"mcp-proxy", "--debug"}).find("expected a command, --named-server"));
  EXPECT_EQ(0U, error_of({"mcp-proxy", "--version"}).find("it only asks for a version"));
}

}  // namespace
}  // namespace gateway::imports
