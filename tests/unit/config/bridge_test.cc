#include "gateway/config/bridge.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gateway::config {
namespace {

Environment environment_with(std::string set) {
  return {.variable =
              [set](std::string const& name) { return name == set ? std::optional<std::string>("x") : std::nullopt; },
          .file = {},
          .own_program = "/bin/mcp-gateway"};
}

bool has(std::vector<std::string> const& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

TEST(Bridge, IsThisProgramWithTheUrl) {
  ServiceConfig service{.url = "https://h/mcp", .transport = RemoteTransport::Sse, .ca = "/ca.pem"};
  set_bridge(service, environment_with(""));
  EXPECT_EQ("/bin/mcp-gateway", service.command);
  EXPECT_EQ((std::vector<std::string>{"connect", "https://h/mcp", "--transport", "sse", "--connect-timeout", "10s",
                                      "--timeout", "0s", "--ca", "/ca.pem"}),
            service.args);
  EXPECT_TRUE(service.env.empty() && service.pass_env.empty());
}

TEST(Bridge, KeepsHeadersInItsEnvironment) {
  ServiceConfig service{.url = "https://h/mcp", .headers = {{"Authorization", Secret{"Bearer t"}}, {"X", Secret{"y"}}}};
  set_bridge(service, environment_with(""));
  EXPECT_TRUE(has(service.args, "Authorization: ${MCP_REMOTE_HEADER_1}"));
  EXPECT_TRUE(has(service.args, "X: ${MCP_REMOTE_HEADER_2}"));
  EXPECT_EQ("Bearer t", service.env.at("MCP_REMOTE_HEADER_1").reveal());
  EXPECT_EQ((std::vector<Secret>{Secret{"t"}}), service.put_in);
}

TEST(Bridge, KeepsAUrlThatMayHoldASecretInItsEnvironment) {
  ServiceConfig query{.url = "https://h/mcp?key=k"};
  set_bridge(query, environment_with(""));
  EXPECT_TRUE(has(query.args, "${MCP_REMOTE_URL}"));
  EXPECT_EQ("https://h/mcp?key=k", query.env.at("MCP_REMOTE_URL").reveal());
  ServiceConfig variable{.put_in = {Secret{"in-the-path"}}};
  variable.url = "https://h/in-the-path/mcp";
  set_bridge(variable, environment_with(""));
  EXPECT_TRUE(has(variable.args, "${MCP_REMOTE_URL}"));
}

TEST(Bridge, IsToldOfTheProxiesOfTheGateway) {
  ServiceConfig service{.url = "https://h/mcp"};
  set_bridge(service, environment_with("https_proxy"));
  EXPECT_EQ((std::vector<std::string>{"https_proxy"}), service.pass_env);
}

}  // namespace
}  // namespace gateway::config
