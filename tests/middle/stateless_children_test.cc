// Children that speak the revision without sessions, and their clients of the others.
#include "tests/middle/stateless_children_fixture.h"

namespace gateway::harness {
namespace {

TEST_F(StatelessChildrenTest, AreAskedWhatTheyAreAndNeverInitialized) {
  config::Config config;
  config.services = {stateless("one")};
  gateway = std::make_unique<TestGateway>(std::move(config));
  gateway->turn();
  auto const asked = take_heard(child());
  EXPECT_EQ("server/discover", asked["method"]);
  EXPECT_EQ("2026-07-28", asked["params"]["_meta"][kVersion]);
  EXPECT_EQ(json::object(), asked["params"]["_meta"][kCapabilities]);
  EXPECT_EQ("mcp-gateway", asked["params"]["_meta"][kInfo]["name"]);
  answer(child(), asked["id"], {{"supportedVersions", {"2026-07-28"}}, {"capabilities", {{"tools", json::object()}}}});
  gateway->turn(2);
  auto const listed = take_heard(child());
  EXPECT_EQ("tools/list", listed["method"]);
  EXPECT_EQ("2026-07-28", listed["params"]["_meta"][kVersion]);
  EXPECT_TRUE(child().heard.empty());  // it reports no changes that could be listened to
  EXPECT_EQ("2026-07-28", gateway->health().protocol);
}

TEST_F(StatelessChildrenTest, AreNotReadyWhereTheyRefuseToSayWhatTheyAre) {
  child().die(1);
  gateway->advance(seconds(5));
  auto const asked = take_heard(child());
  say({{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"error", {{"code", -32601}, {"message", "no such method"}}}});
  EXPECT_TRUE(child().killed());
}

TEST_F(StatelessChildrenTest, IntroduceThemselvesToAClientWithInitialize) {
  HttpSession session(*gateway, "one");
  auto& client = gateway->connect();
  client.send(http("POST", "/one/mcp", {}, request(1, "initialize", {{"protocolVersion", "2026-07-28"}}).dump()));
  gateway->turn(2);
  auto const result = body(client)["result"];
  EXPECT_EQ("2025-11-25", result["protocolVersion"]);
  EXPECT_EQ("1", result["serverInfo"]["version"]);
  EXPECT_TRUE(result["capabilities"].contains("tools"));
  EXPECT_FALSE(result.contains("ttlMs"));
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(StatelessChildrenTest, AreToldWithEveryRequestWhoseItIs) {
  HttpSession session(*gateway, "one", "2025-11-25", {},
                      {{"roots", {{"listChanged", true}}}, {"tasks", json::object()}, {"sampling", json::object()}});
  auto message = call(7, "echo", {{"a", 1}});
  message["params"]["_meta"] = {{"progressToken", "mine"}, {kLevel, "debug"}};
  message["params"]["task"] = {{"ttl", 1}};
  (void)session.post(message);
  auto const asked = take_heard(child());
  auto const& meta = asked["params"]["_meta"];
  EXPECT_EQ("2026-07-28", meta[kVersion]);
  EXPECT_EQ("test", meta[kInfo]["name"]);
  EXPECT_EQ(json({{"roots", json::object()}, {"sampling", json::object()}}), meta[kCapabilities]);
  EXPECT_FALSE(meta.contains(kLevel));
  EXPECT_EQ(asked["id"], meta["progressToken"]);
  EXPECT_FALSE(asked["params"].contains("task"));
  EXPECT_EQ(json({{"a", 1}}), asked["params"]["arguments"]);
}

TEST_F(StatelessChildrenTest, AnswerClientsWithSessionsInTheirOwnWords) {
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(7, "echo"));
  answer(child(), take_heard(child())["id"],
         {{"content", json::array()},
          {"resultType", "complete"},
          {"_meta", {{"io.modelcontextprotocol/serverInfo", {{"name", "s"}}}}}});
  gateway->turn(2);
  EXPECT_EQ(json({{"content", json::array()}}), body(client)["result"]);
  EXPECT_EQ(7, body(client)["id"]);
}

TEST_F(StatelessChildrenTest, AnswerWithTheErrorsOfRevisionsWithSessions) {
  HttpSession session(*gateway, "one");
  auto& read = session.post(request(1, "resources/read", {{"uri", "r://no"}}));
  say({{"jsonrpc", "2.0"},
       {"id", take_heard(child())["id"]},
       {"error", {{"code", -32602}, {"message", "m"}, {"data", {{"uri", "r://no"}}}}}});
  EXPECT_EQ(-32002, body(read)["error"]["code"]);
  auto& lacking = session.post(call(2, "echo"));
  say({{"jsonrpc", "2.0"}, {"id", take_heard(child())["id"]}, {"error", {{"code", -32021}, {"message", "m"}}}});
  EXPECT_EQ(-32603, body(lacking)["error"]["code"]);
  auto& unknown = session.post(request(3, "no/such"));
  say({{"jsonrpc", "2.0"}, {"id", take_heard(child())["id"]}, {"error", {{"code", -32601}, {"message", "m"}}}});
  EXPECT_EQ(-32601, body(unknown)["error"]["code"]);
  EXPECT_EQ(200, heard(unknown).status);
}

TEST_F(StatelessChildrenTest, GiveNoResultOfATypeThatTheClientDoesNotKnow) {
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(7, "echo"));
  answer(child(), take_heard(child())["id"], {{"resultType", "weird"}});
  gateway->turn(2);
  EXPECT_EQ(-32603, body(client)["error"]["code"]);
}

TEST_F(StatelessChildrenTest, HearNothingOfWhatTheirRevisionDoesNotHave) {
  HttpSession session(*gateway, "one");
  EXPECT_EQ(json::object(), body(session.post(request(1, "ping")))["result"]);
  EXPECT_EQ(json::object(), body(session.post(request(2, "logging/setLevel", {{"level", "warning"}})))["result"]);
  EXPECT_EQ(-32601, body(session.post(request(3, "tasks/get", {{"taskId", "1"}})))["error"]["code"]);
  EXPECT_EQ(-32601, body(session.post(request(4, "server/discover")))["error"]["code"]);
  for (auto const* const method : {"notifications/initialized", "notifications/roots/list_changed",
                                   "notifications/progress", "notifications/cancelled", "notifications/of/others"}) {
    EXPECT_EQ(202, heard(session.post(note(method, {{"progressToken", 1}}))).status);
  }
  EXPECT_TRUE(child().heard.empty());
  (void)session.post(call(5, "echo"));
  EXPECT_EQ("warning", take_heard(child())["params"]["_meta"][kLevel]);
}

TEST_F(StatelessChildrenTest, MayNotAskAnything) {
  HttpSession session(*gateway, "one");
  say(request("q", "sampling/createMessage"));
  auto const refused = take_heard(child());
  EXPECT_EQ("q", refused["id"]);
  EXPECT_EQ(-32601, refused["error"]["code"]);
}

TEST_F(StatelessChildrenTest, AreToldThatACallIsTakenBack) {
  HttpSession session(*gateway, "one");
  (void)session.post(call(1, "echo"));
  auto const asked = take_heard(child());
  (void)session.post(note("notifications/cancelled", {{"requestId", 1}}));
  auto const cancelled = take_heard(child());
  EXPECT_EQ("notifications/cancelled", cancelled["method"]);
  EXPECT_EQ(asked["id"], cancelled["params"]["requestId"]);
}

TEST_F(StatelessChildrenTest, ListTheirToolsForEachClientUnlessTheListIsForEverybody) {
  HttpSession session(*gateway, "one");
  (void)session.post(request(1, "tools/list"));
  auto const asked = take_heard(child());
  EXPECT_EQ("test", asked["params"]["_meta"][kInfo]["name"]);

  say(note("notifications/tools/list_changed"));
  answer(child(), take_heard(child())["id"],
         {{"tools", {{{"name", "more"}}}}, {"resultType", "complete"}, {"ttlMs", 9}, {"cacheScope", "public"}});
  gateway->turn(2);
  auto& listed = session.post(request(2, "tools/list"));
  EXPECT_EQ(json({{"tools", {{{"name", "more"}}}}}), body(listed)["result"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(StatelessChildrenTest, AreSpokenToAlikeWhereEachSessionHasItsOwn) {
  start({stateless("own", config::Isolation::Session)});
  HttpSession session(*gateway, "own", "2025-11-25", {}, {{"sampling", json::object()}});
  EXPECT_EQ("subscriptions/listen", take_heard(child())["method"]);
  auto& client = session.post(call(7, "echo"));
  auto const asked = take_heard(child());
  EXPECT_EQ(json({{"sampling", json::object()}}), asked["params"]["_meta"][kCapabilities]);
  say(request("q", "sampling/createMessage"));
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
  answer(child(), asked["id"], {{"content", json::array()}, {"resultType", "complete"}});
  gateway->turn(2);
  EXPECT_EQ(json({{"content", json::array()}}), body(client)["result"]);
}

TEST_F(StatelessChildrenTest, AreGivenARetryAtTheReplicaThatHadTheRequest) {
  auto one = stateless("one");
  one.replicas = 3;
  start({one});
  StatelessClient client(*gateway, "one");
  auto const who_heard = [&] {
    std::uint64_t number = 0;
    for (auto* const each : gateway->spawner().alive()) {
      for (auto const& line : std::exchange(each->heard, {})) {
        if (line.find("tools/call") != std::string::npos) number = each->number();
      }
    }
    return number;
  };
  for (auto i = 0; i < 9; ++i) {
    auto message = call(1, "ask", {{"i", i}});
    (void)client.post(message);
    auto const asked = who_heard();
    EXPECT_NE(0U, asked);
    message["params"]["requestState"] = "its own";
    message["params"]["inputResponses"] = json::object();
    (void)client.post(message);
    EXPECT_EQ(asked, who_heard()) << i;
  }
}

}  // namespace
}  // namespace gateway::harness
