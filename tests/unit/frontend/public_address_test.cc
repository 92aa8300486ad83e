#include "gateway/frontend/public_address.h"

#include <gtest/gtest.h>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

using fakes::post;

std::string origin(config::GatewayConfig const& config, std::string_view peer,
                   std::initializer_list<std::string> fields) {
  auto const request = post(fields);
  return PublicAddress(config).origin(request.head, parse_ip_range(peer)->first);
}

config::GatewayConfig behind_a_proxy() {
  return {.public_url = "https://gw.test", .trusted_proxies = {"10.0.0.0/8"}, .allowed_hosts = {"mcp.example.com"}};
}

TEST(PublicAddress, IsWhatATrustedProxySays) {
  EXPECT_EQ(
      "https://mcp.example.com:8443",
      origin(behind_a_proxy(), "10.1.2.3", {"X-Forwarded-Proto: https", "X-Forwarded-Host: MCP.Example.com:8443"}));
  EXPECT_EQ(
      "http://mcp.example.com",
      origin(behind_a_proxy(), "10.1.2.3", {"X-Forwarded-Proto: http, https", "X-Forwarded-Host: mcp.example.com, x"}));
}

TEST(PublicAddress, IsOtherwiseThatOfTheConfiguration) {
  auto const config = behind_a_proxy();
  std::string const proto = "X-Forwarded-Proto: https";
  std::string const host = "X-Forwarded-Host: mcp.example.com";
  EXPECT_EQ("https://gw.test", origin(config, "11.1.2.3", {"X-Forwarded-Proto: http", host}));
  EXPECT_EQ("https://gw.test", origin(config, "10.1.2.3", {proto}));
  EXPECT_EQ("https://gw.test", origin(config, "10.1.2.3", {"X-Forwarded-Proto: ftp", host}));
  EXPECT_EQ("https://gw.test", origin(config, "10.1.2.3", {proto, "X-Forwarded-Host: evil.test"}));
  EXPECT_EQ("https://gw.test", origin(config, "10.1.2.3", {proto, "X-Forwarded-Host: 10.1.2.3"}));
  EXPECT_EQ("https://gw.test", origin(config, "10.1.2.3", {"X-Forwarded-Proto: http", host, host}));
  EXPECT_EQ("https://gw.test",
            origin(config, "10.1.2.3", {"X-Forwarded-Proto: http", "X-Forwarded-Host: mcp.example.com:x\""}));
}

}  // namespace
}  // namespace gateway::frontend
