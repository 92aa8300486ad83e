// Clients of the stateless revision, on children that have sessions.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

constexpr auto kSubscriptionId = "io.modelcontextprotocol/subscriptionId";

class StatelessTest : public MiddleTest {
 protected:
  void SetUp() override { start({service("one")}); }
  [[nodiscard]] StatelessClient client() { return {*gateway, "one"}; }
  void say(json const& message) {
    child().say(message.dump());
    gateway->turn(2);
  }
  void reply_to(json const& asked, json result) {
    answer(child(), asked["id"], std::move(result));
    gateway->turn(2);
  }
  static json listen(json id, json wanted) {
    return request(std::move(id), "subscriptions/listen", {{"notifications", std::move(wanted)}});
  }
};

TEST_F(StatelessTest, DiscoversWhatTheChildSaidWhenItStarted) {
  auto const answered = body(client().post(request(1, "server/discover")));
  auto const& result = answered["result"];
  EXPECT_EQ(json({"2026-07-28"}), result["supportedVersions"]);
  EXPECT_EQ("complete", result["resultType"]);
  EXPECT_TRUE(result["ttlMs"].is_number_integer());
  EXPECT_EQ("one", result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(StatelessTest, IsDiscoveredWhileTheChildIsDown) {
  child().die(1);
  gateway->turn(2);
  auto const answered = body(client().post(request("a", "server/discover")));
  EXPECT_EQ("a", answered["id"]);
  EXPECT_EQ("complete", answered["result"]["resultType"]);
}

TEST_F(StatelessTest, CallsAChildThatDoesNotSeeTheEnvelope) {
  auto& connection = client().post(call(7, "echo", {{"a", 1}}));
  auto const asked = take_heard(child());
  EXPECT_EQ(json({{"name", "echo"}, {"arguments", {{"a", 1}}}, {"_meta", json::object()}}), asked["params"]);
  reply_to(asked, {{"content", json::array()}});
  auto const answered = body(connection);
  EXPECT_EQ(7, answered["id"]);
  EXPECT_EQ("complete", answered["result"]["resultType"]);
  EXPECT_EQ("", heard(connection).field("Mcp-Session-Id"));
}

TEST_F(StatelessTest, ServesTheSameIdTwiceAtOnce) {
  auto& one = client().post(call(1, "echo"));
  auto& other = client().post(call(1, "echo"));
  auto const first = take_heard(child());
  auto const second = take_heard(child());
  reply_to(second, {{"content", "second"}});
  reply_to(first, {{"content", "first"}});
  EXPECT_EQ("first", body(one)["result"]["content"]);
  EXPECT_EQ("second", body(other)["result"]["content"]);
}

TEST_F(StatelessTest, CancelsACallWhoseClientDisconnects) {
  auto& connection = client().post(call(1, "echo"));
  auto const asked = take_heard(child());
  connection.close();
  gateway->turn(2);
  auto const told = take_heard(child());
  EXPECT_EQ("notifications/cancelled", told["method"]);
  EXPECT_EQ(asked["id"], told["params"]["requestId"]);
}

TEST_F(StatelessTest, AnswersMethodsThatItRemovedWith404) {
  for (auto const* method :
       {"initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"}) {
    auto& connection = client().post(request(1, method, {{"uri", "r://1"}}));
    EXPECT_EQ(404, heard(connection).status) << method;
    EXPECT_EQ(-32601, body(connection)["error"]["code"]) << method;
  }
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(StatelessTest, RejectsABatchGetAndDelete) {
  std::string const version = "MCP-Protocol-Version: 2026-07-28";
  auto& batch = client().post_raw(json::array({call(1, "echo")}), {version});
  EXPECT_EQ(400, heard(batch).status);
  EXPECT_EQ(-32600, body(batch)["error"]["code"]);
  for (auto const* method : {"GET", "DELETE"}) {
    for (auto const* path : {"/one/mcp", "/one/sse"}) {
      auto& connection = send(http(method, path, {version, "Accept: text/event-stream"}));
      EXPECT_EQ(405, heard(connection).status) << method << path;
      EXPECT_EQ("POST", heard(connection).field("Allow"));
    }
  }
}

TEST_F(StatelessTest, RejectsHeadersThatDisagreeWithTheBody) {
  auto message = call(3, "echo");
  message["params"]["_meta"] = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                                {"io.modelcontextprotocol/clientCapabilities", json::object()}};
  auto& connection =
      client().post_raw(message, {"MCP-Protocol-Version: 2025-11-25", "Mcp-Method: tools/call", "Mcp-Name: echo"});
  EXPECT_EQ(400, heard(connection).status);
  EXPECT_EQ(-32020, body(connection)["error"]["code"]);
  EXPECT_EQ(3, body(connection)["id"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(StatelessTest, ServesAStaleSessionIdAndASessionOnTheSameUrl) {
  HttpSession session(*gateway, "one");
  auto& stale = client().post(call(1, "echo"), {"Mcp-Session-Id: long-gone"});
  auto& legacy = session.post(call(1, "echo"));
  reply_to(take_heard(child()), {{"content", "stateless"}});
  reply_to(take_heard(child()), {{"content", "session"}});
  EXPECT_EQ("stateless", body(stale)["result"]["content"]);
  EXPECT_EQ("session", body(legacy)["result"]["content"]);
  EXPECT_FALSE(body(legacy)["result"].contains("resultType"));
}

TEST_F(StatelessTest, LogsOnlyForARequestThatAskedForIt) {
  auto loud = client();
  loud.log_level = "warning";
  auto const line = note("notifications/message", {{"level", "error"}, {"data", "x"}});
  auto& quiet = client().post(call(1, "echo"));
  auto const first = take_heard(child());
  say(line);
  reply_to(first, {{"content", json::array()}});
  EXPECT_FALSE(heard(quiet).is_stream);

  auto& asked = loud.post(call(2, "echo"));
  EXPECT_EQ("logging/setLevel", take_heard(child())["method"]);
  auto const second = take_heard(child());
  say(note("notifications/message", {{"level", "info"}, {"data", "not this"}}));
  say(line);
  reply_to(second, {{"content", json::array()}});
  auto const messages = events(asked);
  ASSERT_EQ(2U, messages.size());
  EXPECT_EQ("x", messages[0]["params"]["data"]);
}

TEST_F(StatelessTest, LogsForNobodyWhileCallsOfTwoAreOpen) {
  auto loud = client();
  loud.log_level = "debug";
  auto& one = loud.post(call(1, "echo"));
  auto& other = loud.post(call(2, "echo"));
  child().heard.clear();
  say(note("notifications/message", {{"level", "error"}, {"data", "x"}}));
  EXPECT_TRUE(events(one).empty());
  EXPECT_TRUE(events(other).empty());
}

TEST_F(StatelessTest, RefusesALogLevelThatIsNone) {
  auto loud = client();
  loud.log_level = "loud";
  auto& connection = loud.post(call(1, "echo"));
  EXPECT_EQ(-32602, body(connection)["error"]["code"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(StatelessTest, ListensForWhatTheChildReports) {
  auto& stream = client().post(listen(7, {{"toolsListChanged", true}, {"promptsListChanged", true}}));
  ASSERT_EQ(1U, events(stream).size());
  auto const acknowledged = events(stream)[0];
  EXPECT_EQ("notifications/subscriptions/acknowledged", acknowledged["method"]);
  EXPECT_EQ(json({{"toolsListChanged", true}}), acknowledged["params"]["notifications"]);
  EXPECT_EQ(7, acknowledged["params"]["_meta"][kSubscriptionId]);

  say(note("notifications/prompts/list_changed"));
  say(note("notifications/tools/list_changed"));
  reply_to(take_heard(child()), {{"tools", {{{"name", "other"}}}}});
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ("notifications/tools/list_changed", events(stream)[1]["method"]);
  EXPECT_EQ(7, events(stream)[1]["params"]["_meta"][kSubscriptionId]);
}

TEST_F(StatelessTest, ReportsAChangeOfToolsThatCouldNotBeListedBefore) {
  config::Config config;
  config.services = {service("one")};
  gateway = std::make_unique<TestGateway>(std::move(config));
  gateway->turn(2);
  reply_to(take_heard(child()), {{"protocolVersion", "2025-11-25"},
                                 {"capabilities", {{"tools", {{"listChanged", true}}}}},
                                 {"serverInfo", {{"name", "one"}, {"version", "1"}}}});
  EXPECT_EQ("notifications/initialized", take_heard(child())["method"]);
  auto const first = take_heard(child());
  EXPECT_EQ("tools/list", first["method"]);
  say({{"jsonrpc", "2.0"}, {"id", first["id"]}, {"error", {{"code", -32603}, {"message", "not now"}}}});
  auto& stream = client().post(listen(7, {{"toolsListChanged", true}}));

  say(note("notifications/tools/list_changed"));
  reply_to(take_heard(child()), {{"tools", {{{"name", "other"}}}}});
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ("notifications/tools/list_changed", events(stream)[1]["method"]);
}

TEST_F(StatelessTest, ListensToResourcesOnceTheChildHasAcceptedThem) {
  auto& stream = client().post(listen("a", {{"resourceSubscriptions", {"r://1", "r://2"}}}));
  auto const first = take_heard(child());
  auto const second = take_heard(child());
  EXPECT_EQ("resources/subscribe", first["method"]);
  reply_to(first, json::object());
  EXPECT_TRUE(events(stream).empty());
  say({{"jsonrpc", "2.0"}, {"id", second["id"]}, {"error", {{"code", -32002}, {"message", "no"}}}});
  ASSERT_EQ(1U, events(stream).size());
  EXPECT_EQ(json({first["params"]["uri"]}), events(stream)[0]["params"]["notifications"]["resourceSubscriptions"]);

  say(note("notifications/resources/updated", {{"uri", first["params"]["uri"]}}));
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ("a", events(stream)[1]["params"]["_meta"][kSubscriptionId]);
  EXPECT_EQ(first["params"]["uri"], events(stream)[1]["params"]["uri"]);

  stream.close();
  gateway->turn(2);
  EXPECT_EQ("resources/unsubscribe", take_heard(child())["method"]);
}

TEST_F(StatelessTest, AcknowledgesBeforeASlowChildAccepts) {
  auto& stream = client().post(listen(1, {{"resourceSubscriptions", {"r://1"}}}));
  auto const asked = take_heard(child());
  gateway->advance(milliseconds(500));
  ASSERT_EQ(1U, events(stream).size());
  say({{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"error", {{"code", -32002}, {"message", "no"}}}});
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ("complete", events(stream)[1]["result"]["resultType"]);
  EXPECT_TRUE(heard(stream).complete);
}

TEST_F(StatelessTest, EndsAStreamOnWhichNothingCanCome) {
  auto& stream = client().post(listen(1, {{"promptsListChanged", true}}));
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ(json::object(), events(stream)[0]["params"]["notifications"]);
  EXPECT_EQ(1, events(stream)[1]["result"]["_meta"][kSubscriptionId]);
  EXPECT_TRUE(heard(stream).complete);
}

TEST_F(StatelessTest, RefusesToListenForNothingInParticular) {
  auto& connection = client().post(request(1, "subscriptions/listen"));
  EXPECT_EQ(-32602, body(connection)["error"]["code"]);
}

TEST_F(StatelessTest, ListensTwiceUnderTheSameId) {
  auto& one = client().post(listen(1, {{"toolsListChanged", true}}));
  auto& other = client().post(listen(1, {{"toolsListChanged", true}}));
  say(note("notifications/tools/list_changed"));
  reply_to(take_heard(child()), {{"tools", {{{"name", "other"}}}}});
  EXPECT_EQ(2U, events(one).size());
  EXPECT_EQ(2U, events(other).size());
}

TEST_F(StatelessTest, KeepsListeningWhenTheChildIsRestarted) {
  auto& stream = client().post(listen(1, {{"toolsListChanged", true}, {"resourceSubscriptions", {"r://1"}}}));
  reply_to(take_heard(child()), json::object());
  ASSERT_EQ(1U, events(stream).size());
  child().die(1);
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  auto const again = take_heard(child());
  EXPECT_EQ("resources/subscribe", again["method"]);
  reply_to(again, json::object());
  say(note("notifications/resources/updated", {{"uri", "r://1"}}));
  EXPECT_EQ("notifications/resources/updated", events(stream).back()["method"]);
  EXPECT_FALSE(heard(stream).complete);
}

TEST_F(StatelessTest, StartsOverWhenARestartedChildRefusesWhatWasListenedTo) {
  auto& stream = client().post(listen(1, {{"resourceSubscriptions", {"r://1"}}}));
  reply_to(take_heard(child()), json::object());
  child().die(1);
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  auto const again = take_heard(child());
  EXPECT_FALSE(heard(stream).complete);
  say({{"jsonrpc", "2.0"}, {"id", again["id"]}, {"error", {{"code", -32002}, {"message", "no"}}}});
  EXPECT_EQ("complete", events(stream).back()["result"]["resultType"]);
  EXPECT_TRUE(heard(stream).complete);
}

TEST_F(StatelessTest, EndsStreamsRegularlyWhenTheGatewayStops) {
  auto& stream = client().post(listen(1, {{"toolsListChanged", true}}));
  gateway->shard().drain();
  gateway->turn(2);
  EXPECT_TRUE(gateway->is_drained());
  gateway->shard().stop();
  gateway->turn(2);
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ("complete", events(stream)[1]["result"]["resultType"]);
  EXPECT_TRUE(heard(stream).complete);
}

TEST_F(StatelessTest, AnswersCallsInFlightWhenTheGatewayStops) {
  auto& connection = client().post(call(1, "echo"));
  gateway->shard().drain();
  gateway->shard().stop();
  gateway->turn(2);
  EXPECT_EQ(503, heard(connection).status);
  EXPECT_EQ("draining", body(connection)["error"]["data"]["reason"]);
}

TEST_F(StatelessTest, LetsTheChildRestAndDrainWhileItListens) {
  auto& stream = client().post(listen(1, {{"toolsListChanged", true}}));
  EXPECT_EQ(0, gateway->metric(R"(mcp_calls_in_flight{server="one"})").value_or(0));
  EXPECT_FALSE(heard(stream).complete);
}

TEST_F(StatelessTest, ChecksHeadersThatRepeatArguments) {
  say(note("notifications/tools/list_changed"));
  json const region{{"type", "string"}, {"x-mcp-header", "Region"}};
  reply_to(take_heard(child()),
           {{"tools", {{{"name", "echo"}, {"inputSchema", {{"properties", {{"region", region}}}}}}}}});
  auto const ask = [&](std::initializer_list<std::string> fields) -> TestClient& {
    return client().post(call(1, "echo", {{"region", "eu"}}), fields);
  };
  for (auto const* field : {"Mcp-Param-Region: us", "Mcp-Param-Region: =?base64?x?=", "X-Other: 1"}) {
    auto& connection = ask({field});
    EXPECT_EQ(400, heard(connection).status) << field;
    EXPECT_EQ(-32020, body(connection)["error"]["code"]) << field;
  }
  EXPECT_TRUE(child().heard.empty());
  (void)ask({"Mcp-Param-Region: eu", "Mcp-Param-Unknown: 1"});
  EXPECT_EQ("tools/call", take_heard(child())["method"]);
}

}  // namespace
}  // namespace gateway::harness
