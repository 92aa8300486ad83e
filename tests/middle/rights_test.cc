// What clients may do and how much of it, whatever transport they use.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

using config::Effect;

config::GatewayConfig with_policy(std::vector<config::PolicyRule> rules, Effect otherwise = Effect::Deny) {
  config::GatewayConfig config;
  config.policy = {.otherwise = otherwise, .rules = std::move(rules)};
  return config;
}

config::GatewayConfig with_quota(config::QuotaConfig quota) {
  config::GatewayConfig config;
  config.quotas = {std::move(quota)};
  return config;
}

std::string refusal_of(json const& message) { return message["error"]["data"].value("reason", ""); }

class RightsTest : public MiddleTest {
 protected:
  void reply_to(json const& asked, json result) {
    answer(child(), asked["id"], std::move(result));
    gateway->turn(2);
  }
  [[nodiscard]] double rejected(std::string const& reason) {
    return gateway->metric("mcp_gateway_rejected_total{reason=\"" + reason + "\",server=\"one\"}").value_or(-1);
  }
};

// ── policy ───────────────────────────────────────────────────────────────────

TEST_F(RightsTest, ASessionOverSseIsToldThatAToolIsNotAllowed) {
  start({service("one")}, with_policy({{.effect = Effect::Allow, .tools = {"echo"}}}));
  SseSession session(*gateway, "one");
  session.post(call(1, "drop"));
  auto const told = session.heard().back();
  EXPECT_EQ(1, told["id"]);
  EXPECT_EQ(-32602, told["error"]["code"]);
  EXPECT_EQ("forbidden", refusal_of(told));
  EXPECT_TRUE(child().heard.empty());
  EXPECT_EQ(1, rejected("forbidden"));
}

TEST_F(RightsTest, ASessionOverHttpIsToldTheSameAndGoesOn) {
  start({service("one")}, with_policy({{.effect = Effect::Allow, .tools = {"echo"}}}));
  HttpSession session(*gateway, "one");
  auto& refused = session.post(call(1, "drop"));
  EXPECT_EQ(200, heard(refused).status);
  EXPECT_EQ("forbidden", refusal_of(body(refused)));
  auto& allowed = session.post(call(2, "echo"));
  reply_to(take_heard(child()), {{"content", "fine"}});
  EXPECT_EQ("fine", body(allowed)["result"]["content"]);
}

TEST_F(RightsTest, AStatelessClientIsToldTheSame) {
  start({service("one")}, with_policy({{.effect = Effect::Allow, .tools = {"echo"}}}));
  StatelessClient client(*gateway, "one");
  auto& refused = client.post(call(1, "drop"));
  EXPECT_EQ(200, heard(refused).status);
  EXPECT_EQ("forbidden", refusal_of(body(refused)));
  EXPECT_TRUE(child().heard.empty());
  gateway->turn(2);
  EXPECT_EQ(0, gateway->sessions().taken());
}

TEST_F(RightsTest, AListFromMemoryHasOnlyWhatIsAllowed) {
  start({service("one")}, with_policy({{.effect = Effect::Deny, .tools = {"echo"}}}, Effect::Allow));
  HttpSession session(*gateway, "one");
  EXPECT_EQ(json::array(), body(session.post(request(1, "tools/list")))["result"]["tools"]);
  StatelessClient client(*gateway, "one");
  auto const listed = body(client.post(request(1, "tools/list")))["result"];
  EXPECT_EQ(json::array(), listed["tools"]);
  EXPECT_EQ("private", listed["cacheScope"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(RightsTest, AListOfTheChildHasOnlyWhatIsAllowed) {
  start({service("one")}, with_policy({{.effect = Effect::Allow, .prompts = {"p*"}, .resources = {"r://public/*"}}}));
  HttpSession session(*gateway, "one");
  auto& prompts = session.post(request(1, "prompts/list"));
  reply_to(take_heard(child()), {{"prompts", {{{"name", "p1"}}, {{"name", "x"}}}}, {"nextCursor", "n"}});
  EXPECT_EQ(json({{"prompts", {{{"name", "p1"}}}}, {"nextCursor", "n"}}), body(prompts)["result"]);
  auto& resources = session.post(request(2, "resources/list"));
  reply_to(take_heard(child()),
           {{"resources", {{{"uri", "r://public/1"}}, {{"uri", "r://public/../2"}}, {{"uri", "r://3"}}}}});
  EXPECT_EQ(json({{"resources", {{{"uri", "r://public/1"}}}}}), body(resources)["result"]);
  EXPECT_EQ("forbidden", refusal_of(body(session.post(request(3, "resources/read", {{"uri", "r://public/../2"}})))));
  EXPECT_EQ("forbidden", refusal_of(body(session.post(request(4, "prompts/get", {{"name", "x"}})))));
  EXPECT_EQ("forbidden", refusal_of(body(session.post(request(5, "resources/subscribe", {{"uri", "r://3"}})))));
}

TEST_F(RightsTest, AListThatCannotBeReadIsNotShown) {
  start({service("one")}, with_policy({{.effect = Effect::Allow, .prompts = {"p*"}}}));
  HttpSession session(*gateway, "one");
  auto& prompts = session.post(request(1, "prompts/list"));
  reply_to(take_heard(child()), {{"prompts", {{"x", {{"name", "x"}}}}}});
  EXPECT_EQ(-32603, body(prompts)["error"]["code"]);
}

TEST_F(RightsTest, EachMessageOfABatchIsJudgedByItself) {
  start({service("one")}, with_policy({{.effect = Effect::Allow, .tools = {"echo"}}}));
  HttpSession session(*gateway, "one", "2025-03-26");
  auto& answered = session.post(json::array({call(1, "drop"), call(2, "echo")}));
  reply_to(take_heard(child()), {{"content", "fine"}});
  auto const& all = heard(answered).events;
  auto const told = all.empty() ? body(answered) : json::parse(all.front().data);
  EXPECT_NE(std::string::npos, (told.dump() + (all.size() > 1 ? all[1].data : "")).find("forbidden"));
  EXPECT_EQ(1, rejected("forbidden"));
}

TEST_F(RightsTest, ACallWithoutAnIdIsNoCall) {
  start({service("one"), service("two", config::Isolation::Session)},
        with_policy({{.effect = Effect::Allow, .tools = {"echo"}}}));
  for (auto const* tool : {"echo", "drop"}) {
    HttpSession http_session(*gateway, "one");
    SseSession sse_session(*gateway, "one");
    auto const unidentified = note("tools/call", {{"name", tool}, {"arguments", json::object()}});
    EXPECT_EQ(202, heard(http_session.post(unidentified)).status);
    EXPECT_EQ(202, heard(sse_session.post(unidentified)).status);
    EXPECT_TRUE(child().heard.empty()) << tool;
  }
}

TEST_F(RightsTest, ANotificationThatTheGatewayDoesNotKnowIsJudgedAsAMethod) {
  start({service("one")}, with_policy({{.effect = Effect::Allow, .tools = {"echo"}}}));
  HttpSession session(*gateway, "one");
  session.post(note("notifications/x"));
  EXPECT_TRUE(child().heard.empty());
  EXPECT_EQ(1, rejected("forbidden"));
  start({service("one")}, with_policy({{.effect = Effect::Allow}}));
  HttpSession other(*gateway, "one");
  other.post(note("notifications/x"));
  EXPECT_EQ("notifications/x", take_heard(child())["method"]);
}

TEST_F(RightsTest, ARequestNamedLikeANotificationDoesNotReachTheChild) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  for (auto const* method : {"notifications/cancelled", "sampling/createMessage", "roots/list"}) {
    EXPECT_EQ(-32601, body(session.post(request(1, method, {{"requestId", 3}})))["error"]["code"]) << method;
  }
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(RightsTest, ARefusedCallStartsNoChild) {
  start({service("one", config::Isolation::Session)}, with_policy({{.effect = Effect::Allow, .tools = {"echo"}}}));
  auto const before = gateway->spawner().started();
  auto& refused = send(http("POST", "/one/mcp", {"Accept: application/json"}, call(1, "drop").dump()));
  EXPECT_EQ("forbidden", refusal_of(body(refused)));
  EXPECT_EQ(before, gateway->spawner().started());
}

class ScopesTest : public RightsTest {
 protected:
  void SetUp() override {
    auto config = with_policy({{.effect = Effect::Allow, .scopes = {"read"}, .tools = {"get"}},
                               {.effect = Effect::Allow, .scopes = {"write"}, .tools = {"set"}}});
    config.auth.tokens = {{.name = "ann", .token = config::Secret("token-a"), .scopes = {{"read"}}},
                          {.name = "bob", .token = config::Secret("token-b"), .scopes = {{}}}};
    start({service("one")}, std::move(config));
  }
  TestClient& post_as(std::string const& token, json const& message) {
    return send(
        http("POST", "/one/mcp", {"Authorization: Bearer " + token, "Accept: application/json"}, message.dump()));
  }
};

TEST_F(ScopesTest, ATokenWithoutTheScopeOfAToolIsToldWhichItNeeds) {
  auto& refused = post_as("token-a", call(1, "set"));
  EXPECT_EQ(403, heard(refused).status);
  EXPECT_EQ(R"(Bearer realm="mcp-gateway", error="insufficient_scope", scope="write")",
            heard(refused).field("WWW-Authenticate"));
  EXPECT_EQ("insufficient_scope", refusal_of(body(refused)));
  auto& hopeless = post_as("token-a", call(1, "drop"));
  EXPECT_EQ(200, heard(hopeless).status);
  EXPECT_EQ("", heard(hopeless).field("WWW-Authenticate"));
}

TEST_F(ScopesTest, WhoMayUseNothingOfAServiceDoesNotGetIn) {
  auto& refused = post_as("token-b", request(1, "tools/list"));
  EXPECT_EQ(403, heard(refused).status);
  EXPECT_EQ(R"(Bearer realm="mcp-gateway", error="insufficient_scope", scope="read")",
            heard(refused).field("WWW-Authenticate"));
}

// ── quotas ───────────────────────────────────────────────────────────────────

TEST_F(RightsTest, ARequestOverTheRateIsToldWhenToComeAgain) {
  start({service("one")}, with_quota({.calls = 1, .per = seconds{10}}));
  HttpSession session(*gateway, "one");
  session.post(call(1, "echo"));
  auto& refused = session.post(call(2, "echo"));
  EXPECT_EQ(429, heard(refused).status);
  EXPECT_EQ("10", heard(refused).field("Retry-After"));
  EXPECT_EQ("rate_limited", refusal_of(body(refused)));
  EXPECT_EQ(10'000, body(refused)["error"]["data"]["retry_after_ms"]);
  EXPECT_EQ(200, heard(session.post(request(3, "ping"))).status);
  gateway->advance(seconds{10});
  auto& later = session.post(call(4, "echo"));
  (void)take_heard(child());
  reply_to(take_heard(child()), {{"content", "fine"}});
  EXPECT_EQ("fine", body(later)["result"]["content"]);
  EXPECT_EQ(1, rejected("rate_limited"));
}

TEST_F(RightsTest, ARequestOverTheRateOnSseIsToldInItsAnswer) {
  start({service("one")}, with_quota({.calls = 1, .per = seconds{10}}));
  SseSession session(*gateway, "one");
  session.post(call(1, "echo"));
  EXPECT_EQ(202, heard(session.post(call(2, "echo"))).status);
  EXPECT_EQ("rate_limited", refusal_of(session.heard().back()));
  EXPECT_EQ(10'000, session.heard().back()["error"]["data"]["retry_after_ms"]);
}

/// However calls end, their places are free again.
TEST_F(RightsTest, PlacesAreGivenBackWhateverBecomesOfACall) {
  auto one = service("one");
  one.call_timeout = seconds{5};
  start({one}, with_quota({.in_flight = 1}));
  HttpSession session(*gateway, "one");
  auto const refused = [&] {
    auto& client = session.post(call("probe", "echo"));
    if (heard(client).status != 0) return true;
    reply_to(take_heard(child()), {{"content", "x"}});
    return false;
  };
  session.post(call(1, "echo"));
  auto const asked = take_heard(child());
  EXPECT_TRUE(refused());
  reply_to(asked, {{"content", "x"}});
  EXPECT_FALSE(refused()) << "after an answer";

  session.post(call(2, "echo"));
  (void)take_heard(child());
  session.post(note("notifications/cancelled", {{"requestId", 2}}));
  (void)take_heard(child());
  EXPECT_FALSE(refused()) << "after it was cancelled";

  session.post(call(3, "echo"));
  (void)take_heard(child());
  gateway->advance(seconds{6});
  (void)take_heard(child());
  EXPECT_FALSE(refused()) << "after its time-out";

  session.post(call(4, "echo"));
  child().die(1);
  gateway->turn(2);
  gateway->advance(seconds{1});
  shake_hands(*gateway);
  EXPECT_FALSE(refused()) << "after its child has died";

  auto& leaving = session.post(call(5, "echo"));
  (void)take_heard(child());
  session.end();
  leaving.close();
  gateway->turn(2);
  HttpSession other(*gateway, "one");
  EXPECT_EQ(0, heard(other.post(call(6, "echo"))).status) << "after its session has ended";
}

// ── limits of single tools ───────────────────────────────────────────────────

class ToolLimitsTest : public RightsTest {
 protected:
  /// Of an answer that became a stream because it took so long.
  static std::string last_event(TestClient const& client) {
    auto const all = events(client);
    return all.empty() ? std::string{} : all.back().dump();
  }
  void SetUp() override {
    auto one = service("one");
    one.tool_limits = {{.tools = {"quick*"}, .call_timeout = seconds{1}},
                       {.tools = {"slow"}, .call_timeout = std::chrono::hours{2}},
                       {.tools = {"small"}, .max_argument_bytes = 20, .max_result_bytes = 30}};
    start({one});
  }
};

TEST_F(ToolLimitsTest, AToolHasATimeOutOfItsOwn) {
  HttpSession session(*gateway, "one");
  auto& quick = session.post(call(1, "quick_one"));
  auto& slow = session.post(call(2, "slow"));
  auto& other = session.post(call(3, "echo"));
  gateway->advance(seconds{2});
  EXPECT_EQ("timeout", refusal_of(body(quick)));
  EXPECT_EQ(0, heard(other).status);
  gateway->advance(seconds{7'000});
  EXPECT_NE("", last_event(other));
  EXPECT_EQ("", last_event(slow));
  gateway->advance(seconds{300});
  EXPECT_NE(std::string::npos, last_event(slow).find("timeout"));
}

TEST_F(ToolLimitsTest, ArgumentsAndResultsAreLimited) {
  HttpSession session(*gateway, "one");
  auto& large = session.post(call(1, "small", {{"text", "0123456789abcdef"}}));
  EXPECT_EQ("arguments_too_large", refusal_of(body(large)));
  EXPECT_TRUE(child().heard.empty());
  auto& fits = session.post(call(2, "small", {{"text", "01"}}));
  reply_to(take_heard(child()), {{"content", "ok"}});
  EXPECT_EQ("ok", body(fits)["result"]["content"]);
  auto& answered = session.post(call(3, "small"));
  reply_to(take_heard(child()), {{"content", "0123456789012345678901234567890"}});
  EXPECT_EQ("result_too_large", refusal_of(body(answered)));
}

}  // namespace
}  // namespace gateway::harness
