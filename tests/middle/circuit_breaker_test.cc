// Calls to a service that fails, by clients of every kind.
#include "tests/middle/stateless_children_fixture.h"

namespace gateway::harness {
namespace {

constexpr Duration kCallTimeout = seconds(1);
constexpr Duration kWait = seconds(10);

class CircuitBreakerTest : public MiddleTest {
 protected:
  /// Two failures in a row open it, for ten seconds.
  static config::ServiceConfig guarded(config::Isolation isolation = config::Isolation::Shared) {
    auto one = service("one", isolation);
    one.call_timeout = std::chrono::duration_cast<milliseconds>(kCallTimeout);
    one.circuit_breaker = {.consecutive_failures = 2, .wait_duration = std::chrono::duration_cast<milliseconds>(kWait)};
    return one;
  }
  /// Calls that the child answers with an error of its own, until the circuit is open.
  void open(HttpSession& session) {
    for (auto id = 100; circuit() != 2; ++id) {
      ASSERT_LT(id, 110);
      (void)session.post(call(id, "echo"));
      fail();
    }
  }
  void fail() { answer_error(-32603); }
  void answer_error(int code) {
    auto const asked = take_heard(child());
    child().say(json{{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"error", {{"code", code}, {"message", "no"}}}}.dump());
    gateway->turn(2);
  }
  void succeed() {
    answer(child(), take_heard(child())["id"], {{"content", json::array()}});
    gateway->turn(2);
  }
  [[nodiscard]] int circuit(std::string const& more = "") {
    return static_cast<int>(gateway->metric("mcp_gateway_circuit_state{server=\"one\"" + more + "}").value_or(-1));
  }
  [[nodiscard]] double moved_to(std::string const& state) {
    return gateway->metric("mcp_gateway_circuit_transitions_total{server=\"one\",to=\"" + state + "\"}").value_or(-1);
  }
  [[nodiscard]] double rejected() {
    return gateway->metric(R"(mcp_gateway_rejected_total{reason="circuit_open",server="one"})").value_or(-1);
  }
  static json reason_of(json const& message) { return message["error"]["data"]["reason"]; }
  void wait() { gateway->advance(kWait); }
};

// ── what clients are told ────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, FailsAtOnceOverStreamableHttpAndSaysUntilWhen) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  gateway->advance(seconds(2));
  auto& client = session.post(call(1, "echo"));
  EXPECT_EQ(503, heard(client).status);
  EXPECT_EQ("8", heard(client).field("Retry-After"));
  EXPECT_TRUE(child().heard.empty());
  auto const error = body(client)["error"];
  EXPECT_EQ(-32603, error["code"]);
  EXPECT_EQ("circuit_open", error["data"]["reason"]);
  EXPECT_EQ("one", error["data"]["server"]);
  EXPECT_EQ(true, error["data"]["retryable"]);
  EXPECT_EQ(8000, error["data"]["retry_after_ms"]);
  EXPECT_FALSE(error["data"].contains("tool"));
  EXPECT_EQ("the server 'one' fails and is not called for the next 8.0 s: 2 calls failed in a row", error["message"]);
  EXPECT_EQ(1, rejected());
}

TEST_F(CircuitBreakerTest, FailsAtOnceOverLegacySse) {
  start({guarded()});
  SseSession session(*gateway, "one");
  for (auto id = 1; id <= 2; ++id) {
    (void)session.post(call(id, "echo"));
    fail();
  }
  EXPECT_EQ(202, heard(session.post(call(3, "echo"))).status);
  auto const all = session.heard();
  EXPECT_EQ(3, all.back()["id"]);
  EXPECT_EQ("circuit_open", reason_of(all.back()));
  EXPECT_EQ(10000, all.back()["error"]["data"]["retry_after_ms"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(CircuitBreakerTest, FailsAtOnceForStatelessClients) {
  start({guarded()});
  StatelessClient client(*gateway, "one");
  for (auto id = 1; id <= 2; ++id) {
    (void)client.post(call(id, "echo"));
    fail();
  }
  auto& refused = client.post(call(3, "echo"));
  EXPECT_EQ(503, heard(refused).status);
  EXPECT_EQ("10", heard(refused).field("Retry-After"));
  EXPECT_EQ("circuit_open", reason_of(body(refused)));
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(CircuitBreakerTest, KeepsAnsweringWhatDoesNotMakeTheServerWork) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  EXPECT_TRUE(body(session.post(request(1, "tools/list"))).contains("result"));
  EXPECT_TRUE(body(session.post(request(2, "ping"))).contains("result"));
  HttpSession another(*gateway, "one");
  (void)another.post(request(3, "prompts/list"));
  EXPECT_EQ("prompts/list", take_heard(child())["method"]);
  EXPECT_EQ("circuit_open", reason_of(body(another.post(request(4, "resources/read", {{"uri", "r://1"}})))));
}

TEST_F(CircuitBreakerTest, IsNotThereUnlessItIsConfigured) {
  auto one = guarded();
  one.circuit_breaker.reset();
  start({one});
  HttpSession session(*gateway, "one");
  for (auto id = 1; id <= 20; ++id) {
    (void)session.post(call(id, "echo"));
    fail();
  }
  EXPECT_EQ(-1, circuit());
  EXPECT_TRUE(gateway->health().circuits.empty());
}

// ── half-open ────────────────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, LetsOneCallThroughAfterTheWaitAndClosesWhenItSucceeds) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  wait();
  EXPECT_EQ(1, circuit());
  auto& trial = session.post(call(1, "echo"));
  EXPECT_EQ("circuit_open", reason_of(body(session.post(call(2, "echo")))));
  succeed();
  EXPECT_TRUE(body(trial).contains("result"));
  EXPECT_EQ(0, circuit());
  (void)session.post(call(3, "echo"));
  (void)session.post(call(4, "echo"));
  EXPECT_EQ(2U, child().heard.size());
  EXPECT_EQ(1, moved_to("open"));
  EXPECT_EQ(1, moved_to("half_open"));
  EXPECT_EQ(1, moved_to("closed"));
}

TEST_F(CircuitBreakerTest, OpensAgainWhenTheTrialTimesOut) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  wait();
  auto& trial = session.post(call(1, "echo"));
  gateway->advance(kCallTimeout + seconds(1));
  EXPECT_EQ("timeout", reason_of(body(trial)));
  EXPECT_EQ(2, circuit());
  EXPECT_EQ(2, moved_to("open"));
}

TEST_F(CircuitBreakerTest, LetsAnotherTrialThroughWhenTheClientTookOneBack) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  wait();
  (void)session.post(call(1, "echo"));
  (void)session.post(note("notifications/cancelled", {{"requestId", 1}}));
  EXPECT_EQ(1, circuit());
  (void)take_heard(child());
  (void)take_heard(child());  // that it is cancelled
  auto& trial = session.post(call(2, "echo"));
  succeed();
  EXPECT_TRUE(body(trial).contains("result"));
  EXPECT_EQ(0, circuit());
}

TEST_F(CircuitBreakerTest, LetsAnotherTrialThroughWhenItsSessionEnds) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  wait();
  HttpSession trying(*gateway, "one");
  (void)trying.post(call(1, "echo"));
  (void)trying.end();
  EXPECT_EQ(1, circuit());
  (void)take_heard(child());
  (void)take_heard(child());
  (void)session.post(call(2, "echo"));
  succeed();
  EXPECT_EQ(0, circuit());
}

TEST_F(CircuitBreakerTest, OpensAgainWhenTheChildExitsDuringTheTrial) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  wait();
  auto& trial = session.post(call(1, "echo"));
  child().die(1);
  gateway->turn(2);
  EXPECT_EQ("child_exited", reason_of(body(trial)));
  EXPECT_EQ(2, circuit());
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  EXPECT_EQ("circuit_open", reason_of(body(session.post(call(2, "echo")))));  // a new run is no new server
  wait();
  (void)session.post(call(3, "echo"));
  succeed();
  EXPECT_EQ(0, circuit());
}

TEST_F(CircuitBreakerTest, KeepsATrialThatWaitsForTheChildToComeBack) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  child().die(1);
  gateway->turn(2);
  auto const before = circuit();
  EXPECT_EQ(2, before);
  while (circuit() != 1) gateway->advance(milliseconds(500));
  auto& trial = session.post(call(1, "echo"));
  EXPECT_TRUE(trial.answers.empty());
  EXPECT_EQ("circuit_open", reason_of(body(session.post(call(2, "echo")))));
  shake_hands(*gateway);
  succeed();
  EXPECT_TRUE(body(trial).contains("result"));
  EXPECT_EQ(0, circuit());
}

// ── what counts ──────────────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, CountsTimeoutsAndExitsButNotWhatClientsDo) {
  auto one = guarded();
  one.restart.backoff_initial = milliseconds(10);
  start({one});
  HttpSession session(*gateway, "one");
  for (auto id = 1; id <= 10; ++id) {
    (void)session.post(call(id, "echo"));
    answer_error(-32602);
    (void)session.post(request(50 + id, "nonsense/method"));
    (void)take_heard(child());
    (void)session.post(call(20 + id, "echo"));
    (void)session.post(note("notifications/cancelled", {{"requestId", 20 + id}}));
    child().heard.clear();
  }
  EXPECT_EQ(0, circuit());

  (void)session.post(call(101, "echo"));
  gateway->advance(kCallTimeout + seconds(1));
  child().heard.clear();
  EXPECT_EQ(0, circuit());
  (void)session.post(call(102, "echo"));
  child().die(1);
  gateway->turn(2);
  EXPECT_EQ(2, circuit());
}

TEST_F(CircuitBreakerTest, CountsResultsWithIsErrorOnlyWhereThatIsAsked) {
  for (auto const counted : {false, true}) {
    auto one = guarded();
    if (counted) one.circuit_breaker->failures = {config::CallFailure::ToolError};
    start({one});
    HttpSession session(*gateway, "one");
    for (auto id = 1; id <= 2; ++id) {
      (void)session.post(call(id, "echo"));
      answer(child(), take_heard(child())["id"], {{"content", json::array()}, {"isError", true}});
      gateway->turn(2);
    }
    EXPECT_EQ(counted ? 2 : 0, circuit());
  }
}

TEST_F(CircuitBreakerTest, DoesNotCountCallsThatAnOperatorsRestartEnds) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  (void)session.post(call(1, "echo"));
  auto& second = session.post(call(2, "echo"));
  gateway->shard().operate(gateway->directory().find("one")->key, backend::Restart{}, [](auto const&) {});
  child().die(0);
  gateway->turn(2);
  EXPECT_EQ("child_exited", reason_of(body(second)));
  EXPECT_EQ(0, circuit());
}

TEST_F(CircuitBreakerTest, LetsCallsInFlightGoOnWhenItOpens) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  auto& early = session.post(call(1, "echo"));
  auto const asked = take_heard(child());
  open(session);
  answer(child(), asked["id"], {{"content", "late"}});
  gateway->turn(2);
  EXPECT_EQ("late", body(early)["result"]["content"]);
  EXPECT_EQ(2, circuit());
}

TEST_F(CircuitBreakerTest, DoesNotCountWhatTheGatewayItselfAsksAndDoesNotRejectIt) {
  auto one = guarded();
  one.probe = config::ProbeConfig{.tool = "echo", .interval = seconds(1), .timeout = milliseconds(100)};
  start({one});
  HttpSession session(*gateway, "one");
  gateway->advance(seconds(5));  // probes that nobody answers
  EXPECT_EQ(0, circuit());
  child().heard.clear();
  open(session);
  gateway->advance(seconds(3));
  EXPECT_FALSE(child().heard.empty());
  EXPECT_EQ(2, circuit());

  child().heard.clear();
  std::string told;
  gateway->shard().operate(gateway->directory().find("one")->key, backend::CallTool{"echo", "{}"},
                           [&](auto const& end) { told = end.text; });
  gateway->turn(2);
  for (auto& line : std::exchange(child().heard, {})) {
    auto const said = json::parse(line);
    if (said.contains("id")) answer(child(), said["id"], {{"content", "fine"}});
  }
  gateway->turn(2);
  EXPECT_NE(std::string::npos, told.find("fine"));
  EXPECT_EQ(2, circuit());
}

// ── tools ────────────────────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, CanBeOneOfATool) {
  auto one = guarded();
  one.circuit_breaker->tools = {"echo"};
  start({one});
  HttpSession session(*gateway, "one");
  for (auto id = 1; id <= 2; ++id) {
    (void)session.post(call(id, "echo"));
    fail();
  }
  EXPECT_EQ(0, circuit());
  EXPECT_EQ(2, circuit(R"(,tool="echo")"));
  auto const refused = body(session.post(call(3, "echo")))["error"];
  EXPECT_EQ("echo", refused["data"]["tool"]);
  EXPECT_EQ("the tool 'echo' of the server 'one' fails and is not called for the next 10.0 s: 2 calls failed in a row",
            refused["message"]);
  (void)session.post(request(4, "resources/read", {{"uri", "r://1"}}));
  EXPECT_EQ("resources/read", take_heard(child())["method"]);
  auto const health = gateway->health();
  EXPECT_EQ(health::HealthStatus::Degraded, health.status);
  EXPECT_EQ("calls of echo are rejected, the circuit is open: 2 calls failed in a row", health.reason);
}

// ── children and sessions ────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, IsTheServicesWhereEachSessionHasAChildOfItsOwn) {
  start({guarded(config::Isolation::Session)});
  HttpSession a(*gateway, "one");
  auto& child_a = child();
  HttpSession b(*gateway, "one");
  auto& child_b = child();
  ASSERT_NE(&child_a, &child_b);
  (void)a.post(call(1, "echo"));
  auto asked = take_heard(child_a);
  child_a.say(json{{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"error", {{"code", -32603}, {"message", "no"}}}}.dump());
  (void)b.post(call(1, "echo"));
  asked = take_heard(child_b);
  child_b.say(json{{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"error", {{"code", -32603}, {"message", "no"}}}}.dump());
  gateway->turn(2);
  EXPECT_EQ(2, circuit());
  EXPECT_EQ("circuit_open", reason_of(body(a.post(call(2, "echo")))));
}

TEST_F(CircuitBreakerTest, DoesNotBlameTheServerForAClientThatDoesNotAnswer) {
  auto one = guarded(config::Isolation::Session);
  one.circuit_breaker->consecutive_failures = 1;
  start({one});
  HttpSession session(*gateway, "one", "2025-11-25", {}, {{"elicitation", json::object()}});
  auto& stream = session.get();
  auto& client = session.post(call(1, "echo"));
  (void)take_heard(child());
  child().say(request("q", "elicitation/create", {{"message", "name?"}, {"requestedSchema", json::object()}}).dump());
  gateway->turn(2);
  gateway->advance(kCallTimeout + seconds(1));
  EXPECT_EQ("timeout", reason_of(events(client).back()));
  EXPECT_EQ(0, circuit());
  (void)stream;
}

// ── calls of several rounds ──────────────────────────────────────────────────

class RoundsTest : public CircuitBreakerTest {
 protected:
  [[nodiscard]] StatelessClient client() {
    StatelessClient made(*gateway, "one");
    made.capabilities = {{"elicitation", {{"form", json::object()}}}};
    return made;
  }
  /// The state that a call was answered with when its child asked something.
  json suspend(StatelessClient asks, json id = 1) {
    auto& connection = asks.post(call(std::move(id), "ask"));
    at_child = take_heard(child());
    child().say(request("q", "elicitation/create", {{"message", "m"}, {"requestedSchema", json::object()}}).dump());
    gateway->turn(2);
    gateway->advance(milliseconds(20));
    EXPECT_EQ("input_required", body(connection)["result"]["resultType"]) << body(connection);
    return body(connection)["result"]["requestState"];
  }
  static json retry(json const& state, json id = 2) {
    auto message = call(std::move(id), "ask");
    message["params"]["requestState"] = state;
    message["params"]["inputResponses"] = {{"input-1", {{"action", "accept"}, {"content", json::object()}}}};
    return message;
  }
  json at_child;
};

TEST_F(RoundsTest, CountOnceForAChildWithSessions) {
  auto one = guarded();
  one.circuit_breaker = {.consecutive_failures = 1, .wait_duration = seconds(10)};
  start({one});
  auto const state = suspend(client());
  EXPECT_EQ(0, circuit());
  (void)client().post(retry(state));
  (void)take_heard(child());  // the client's answer
  child().say(
      json{{"jsonrpc", "2.0"}, {"id", at_child["id"]}, {"error", {{"code", -32603}, {"message", "no"}}}}.dump());
  gateway->turn(2);
  EXPECT_EQ(2, circuit());
  EXPECT_EQ(1, moved_to("open"));
}

TEST_F(RoundsTest, GoOnWhileTheCircuitIsOpen) {
  start({guarded()});
  auto const state = suspend(client());
  HttpSession session(*gateway, "one");
  (void)session.post(call(1, "echo"));
  fail();
  (void)session.post(call(2, "echo"));
  fail();
  EXPECT_EQ(2, circuit());
  auto& returned = client().post(retry(state));
  (void)take_heard(child());
  answer(child(), at_child["id"], {{"content", "done"}});
  gateway->turn(2);
  EXPECT_EQ("done", body(returned)["result"]["content"]);
  EXPECT_EQ(2, circuit());
}

TEST_F(RoundsTest, DoNotBlockTrialsForEverAndStillCount) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  gateway->advance(kWait);
  auto const state = suspend(client());
  EXPECT_EQ("circuit_open", reason_of(body(session.post(call(1, "echo")))));
  gateway->advance(kCallTimeout);
  auto& next = session.post(call(2, "echo"));
  auto const asked = take_heard(child());
  EXPECT_EQ(1, circuit());

  auto& returned = client().post(retry(state));
  (void)take_heard(child());
  answer(child(), at_child["id"], {{"content", "done"}});
  gateway->turn(2);
  EXPECT_EQ("done", body(returned)["result"]["content"]);
  EXPECT_EQ(0, circuit());
  answer(child(), asked["id"], {{"content", json::array()}});
  gateway->turn(2);
  EXPECT_TRUE(body(next).contains("result"));
}

TEST_F(RoundsTest, DoNotBlameTheServerForAClientThatDoesNotComeBack) {
  auto one = guarded();
  one.circuit_breaker = {.consecutive_failures = 1, .wait_duration = seconds(10)};
  one.server_request_timeout = seconds(5);
  start({one});
  (void)suspend(client());
  gateway->advance(seconds(10));
  EXPECT_EQ("notifications/cancelled", json::parse(child().heard.back())["method"]);
  EXPECT_EQ(0, circuit());
}

TEST_F(RoundsTest, CountOnceForAChildOfTheStatelessRevision) {
  auto one = stateless("one");
  one.circuit_breaker = {.consecutive_failures = 1, .wait_duration = seconds(10)};
  start({one});
  (void)take_heard(child());  // what it listens to
  auto ask = [&](json message) -> TestClient& {
    auto& connection = client().post(std::move(message));
    at_child = take_heard(child());
    return connection;
  };
  json const needed{{"resultType", "input_required"}, {"requestState", "s"}};
  auto& first = ask(call(1, "ask"));
  answer(child(), at_child["id"], needed);
  gateway->turn(2);
  EXPECT_EQ("input_required", body(first)["result"]["resultType"]);
  EXPECT_EQ(0, circuit());
  (void)ask(retry("s"));
  child().say(
      json{{"jsonrpc", "2.0"}, {"id", at_child["id"]}, {"error", {{"code", -32603}, {"message", "no"}}}}.dump());
  gateway->turn(2);
  EXPECT_EQ(2, circuit());

  gateway->advance(kWait);
  (void)ask(call(3, "ask"));  // a trial that asks for input shows nothing
  answer(child(), at_child["id"], needed);
  gateway->turn(2);
  EXPECT_EQ(1, circuit());
  auto& returned = ask(retry("s", 4));
  answer(child(), at_child["id"], {{"resultType", "complete"}, {"content", json::array()}});
  gateway->turn(2);
  EXPECT_TRUE(body(returned).contains("result"));
  EXPECT_EQ(0, circuit());
}

// ── what operators see and do ────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, IsInHealthLogsAndAudit) {
  config::GatewayConfig config;
  config.log.audit = true;
  start({guarded()}, config);
  EXPECT_EQ("closed", gateway->health().circuits.at(0).state);
  EXPECT_EQ(health::HealthStatus::Healthy, gateway->health().status);
  HttpSession session(*gateway, "one");
  gateway->log().text.clear();
  open(session);
  auto health = gateway->health();
  EXPECT_EQ(health::HealthStatus::Unhealthy, health.status);
  EXPECT_EQ("calls are rejected, the circuit is open: 2 calls failed in a row", health.reason);
  EXPECT_EQ("ready", health.state);
  EXPECT_EQ("open", health.circuits.at(0).state);
  EXPECT_EQ(10, health.circuits.at(0).retry_after_seconds);
  (void)session.post(call(1, "echo"));
  gateway->turn();
  auto const& log = gateway->log().text;
  EXPECT_NE(std::string::npos, log.find(R"("event":"circuit.open")")) << log;
  EXPECT_NE(std::string::npos, log.find(R"("outcome":"unavailable","reason":"circuit_open")")) << log;
  EXPECT_NE(std::string::npos, log.find(R"("decision":"refused")")) << log;
  wait();
  health = gateway->health();
  EXPECT_EQ(health::HealthStatus::Degraded, health.status);
  EXPECT_EQ("calls are tried again, the circuit is half-open", health.reason);
}

TEST_F(CircuitBreakerTest, IsResetByAnOperator) {
  start({guarded()});
  HttpSession session(*gateway, "one");
  open(session);
  std::string told;
  auto const reset = [&] {
    gateway->shard().operate(gateway->directory().find("one")->key, backend::ResetCircuits{},
                             [&](auto const& end) { told = end.text; });
  };
  reset();
  EXPECT_EQ(R"({"reset":1})", told);
  EXPECT_EQ(0, circuit());
  (void)session.post(call(1, "echo"));
  succeed();
  reset();
  EXPECT_EQ(R"({"reset":0})", told);
}

}  // namespace
}  // namespace gateway::harness
