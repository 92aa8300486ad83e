// Who comes in, by which door, and what is said to those who do not.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class FrontDoorTest : public MiddleTest {
 protected:
  int status_of_initialize(std::initializer_list<std::string> fields) {
    auto const initialize =
        request(0, "initialize", {{"protocolVersion", "2025-11-25"}, {"capabilities", json::object()}});
    return heard(send(http("POST", "/one/mcp", fields, initialize.dump()))).status;
  }
};

TEST_F(FrontDoorTest, RefusesHostsAndOriginsThatAreNotAllowed) {
  start({service("one")});
  auto& host = send("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(403, heard(host).status);
  EXPECT_NE(std::string::npos, heard(host).body.find("Forbidden: the Host "));
  auto& origin = send(http("GET", "/health", {"Origin: https://evil.example"}));
  EXPECT_EQ(403, heard(origin).status);
  EXPECT_NE(std::string::npos, heard(origin).body.find("Forbidden: the Origin "));
}

TEST_F(FrontDoorTest, LogsOnlySoManyOfThoseItDoesNotLetIn) {
  start({service("one")});
  gateway->log().text.clear();
  for (int i = 0; i < 1000; ++i) (void)send("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  std::size_t lines = 0;
  for (auto at = gateway->log().text.find("auth.denied"); at != std::string::npos; ++lines) {
    at = gateway->log().text.find("auth.denied", at + 1);
  }
  EXPECT_LT(0U, lines);
  EXPECT_GT(100U, lines);
  EXPECT_EQ(1000, gateway->metric(R"(mcp_gateway_auth_failures_total{reason="host"})").value_or(0));
}

TEST_F(FrontDoorTest, SaysWhatADoorTakes) {
  start({service("one")});
  auto& put = send("PUT /one/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(405, heard(put).status);
  EXPECT_EQ("GET, POST, DELETE", heard(put).field("Allow"));
  auto& browser = send(http("GET", "/one/mcp"));
  EXPECT_NE(std::string::npos, heard(browser).body.find("expected one of POST, DELETE; this is an MCP endpoint"));
  auto& deleted = send(http("DELETE", "/health"));
  EXPECT_EQ(405, heard(deleted).status);
  EXPECT_EQ("GET, HEAD", heard(deleted).field("Allow"));
  auto& options = send(http("OPTIONS", "/one/mcp"));
  EXPECT_EQ(204, heard(options).status);
  EXPECT_EQ("GET, POST, DELETE, OPTIONS", heard(options).field("Allow"));
  EXPECT_EQ(404, heard(send(http("GET", "/none/mcp"))).status);
}

TEST_F(FrontDoorTest, LetsABrowserOfThisMachineCall) {
  start({service("one")});
  auto& options = send(http("OPTIONS", "/one/mcp", {"Origin: http://localhost:3000"}));
  EXPECT_EQ(204, heard(options).status);
  EXPECT_EQ("http://localhost:3000", heard(options).field("Access-Control-Allow-Origin"));
  auto& ping = send(http("POST", "/one/mcp", {"Origin: http://localhost:3000"}, request(1, "ping").dump()));
  EXPECT_EQ(200, heard(ping).status);
  EXPECT_EQ("http://localhost:3000", heard(ping).field("Access-Control-Allow-Origin"));
}

TEST_F(FrontDoorTest, TellsTheHealthOfOneServiceAndOfAll) {
  auto missing = service("missing");
  missing.unmet = {"the variable SECRET"};
  config::GatewayConfig config;
  config.auth.tokens = {{.name = "a", .token = config::Secret("token-a")}};
  start({service("one"), missing}, config);
  auto& one = send(http("GET", "/one/health", {"Authorization: Bearer token-a"}));
  EXPECT_EQ(200, heard(one).status);
  EXPECT_EQ("one", body(one)["server"]);
  auto& stranger = send(http("GET", "/one/health"));
  EXPECT_EQ(200, heard(stranger).status);
  EXPECT_EQ(1U, body(stranger).size());
  auto& all = send(http("GET", "/health", {"Authorization: Bearer token-a"}));
  EXPECT_NE(std::string::npos, heard(all).body.find("the variable SECRET"));
  EXPECT_EQ(std::string::npos, heard(send(http("GET", "/health"))).body.find("SECRET"));
}

TEST_F(FrontDoorTest, OpensNoSessionOfAServiceThatIsNotSetUp) {
  auto missing = service("one");
  missing.unmet = {"the variable SECRET"};
  start({missing});
  auto& refused = send(http("GET", "/one/sse"));
  EXPECT_EQ(503, heard(refused).status);
  EXPECT_EQ("the server 'one' is not set up here", body(refused)["error"]["message"]);
  EXPECT_EQ("unavailable", gateway->health().state);
  EXPECT_EQ(0U, gateway->spawner().started());
}

TEST_F(FrontDoorTest, AsksWhoseASessionIsWhereEachHasAChildOfItsOwn) {
  auto one = service("one", config::Isolation::Affinity);
  one.affinity.header = "x-user";
  start({one});
  EXPECT_EQ(400, status_of_initialize({}));
  EXPECT_EQ(400, status_of_initialize({"X-User: a", "X-User: b"}));
  EXPECT_EQ(0U, gateway->spawner().started());
  (void)status_of_initialize({"X-User: a"});
  EXPECT_EQ(1U, gateway->spawner().started());
  start({service("one", config::Isolation::Affinity)});
  EXPECT_EQ(400, status_of_initialize({}));
}

}  // namespace
}  // namespace gateway::harness
