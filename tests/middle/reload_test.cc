// Another configuration for a gateway that serves: who notices what.
#include <fmt/format.h>

#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class ReloadTest : public MiddleTest {
 protected:
  /// The same services, of which the first is started otherwise.
  [[nodiscard]] config::Config otherwise() const {
    auto config = gateway->config();
    config.services[0].args = {"--other"};
    return config;
  }
  [[nodiscard]] std::vector<ScriptedChild*> children() const { return gateway->spawner().alive(); }
  [[nodiscard]] std::string echoed(TestClient const& client) { return body(client)["result"]["said"]; }
  void echo(ScriptedChild& child, std::string_view said) {
    answer(child, take_heard(child)["id"], {{"said", said}});
    gateway->turn(2);
  }
};

TEST_F(ReloadTest, LeavesChildrenAndSessionsOfServicesAloneThatStayAsTheyAre) {
  start({service("one"), service("two")});
  auto const before = children();
  HttpSession two(*gateway, "two");
  auto& stream = two.get();
  gateway->reload(otherwise());
  gateway->advance(seconds(60));
  auto& answered = two.post(call(1, "echo"));
  echo(*before[1], "still here");
  EXPECT_EQ("still here", echoed(answered));
  EXPECT_FALSE(before[1]->told_to_stop());
  EXPECT_FALSE(stream.closed());
}

TEST_F(ReloadTest, LeavesTheChildAloneWhereOnlyATimeoutIsAnother) {
  start({service("one")});
  auto config = gateway->config();
  config.services[0].call_timeout = seconds(1);
  gateway->reload(config);
  ASSERT_EQ(1U, children().size());
  HttpSession session(*gateway, "one");
  auto& late = session.post(call(1, "echo"));
  gateway->advance(seconds(3));
  EXPECT_NE(std::string::npos, body(late)["error"]["message"].get<std::string>().find("1.0 s")) << body(late);
}

TEST_F(ReloadTest, MovesSessionsOfASharedChildToTheNextOneWhenThatIsReady) {
  start({service("one")});
  auto& former = child();
  HttpSession session(*gateway, "one");
  gateway->reload(otherwise());
  ASSERT_EQ(2U, children().size());
  auto& meanwhile = session.post(call(1, "echo"));
  echo(former, "former");
  EXPECT_EQ("former", echoed(meanwhile));
  shake_hands(*gateway);
  gateway->advance(seconds(1));
  EXPECT_TRUE(former.told_to_stop());
  auto& after = session.post(call(2, "echo"));
  echo(child(), "next");
  EXPECT_EQ("next", echoed(after));
}

TEST_F(ReloadTest, LeavesACallThatWasSentToTheFormerChild) {
  start({service("one")});
  auto& former = child();
  HttpSession session(*gateway, "one");
  auto& slow = session.post(call(1, "echo"));
  gateway->reload(otherwise());
  shake_hands(*gateway);
  gateway->advance(seconds(5));
  EXPECT_FALSE(former.told_to_stop());
  echo(former, "late, but from where it was asked");
  EXPECT_EQ("late, but from where it was asked", echoed(slow));
  gateway->advance(seconds(1));
  EXPECT_TRUE(former.told_to_stop());
}

TEST_F(ReloadTest, FailsACallThatDoesNotEndInTime) {
  start({service("one")});
  auto& former = child();
  HttpSession session(*gateway, "one");
  auto& slow = session.post(call(1, "echo"));
  auto config = otherwise();
  config.gateway.drain_timeout = seconds(3);
  gateway->reload(config);
  shake_hands(*gateway);
  gateway->advance(seconds(4));
  EXPECT_NE(std::string::npos, body(slow)["error"]["message"].get<std::string>().find("configuration")) << body(slow);
  EXPECT_TRUE(former.told_to_stop());
  auto& gone = session.post(call(2, "echo"));
  EXPECT_EQ(404, heard(gone).status);
}

TEST_F(ReloadTest, TellsMovedSessionsThatTheirToolsAreOthers) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  gateway->reload(otherwise());
  shake_hands(*gateway);
  gateway->advance(seconds(1));
  EXPECT_FALSE(stream.closed());
  EXPECT_FALSE(events(stream).empty());
}

TEST_F(ReloadTest, EndsSessionsThatHaveAChildOfTheirOwnOnceTheyOweNothing) {
  start({service("own", config::Isolation::Session)});
  HttpSession idle(*gateway, "own");
  shake_hands(*gateway);
  auto& stream = idle.get();
  HttpSession busy(*gateway, "own");
  shake_hands(*gateway);
  auto& its_child = child();
  auto& slow = busy.post(call(1, "echo"));
  gateway->reload(otherwise());
  gateway->advance(seconds(1));
  EXPECT_TRUE(heard(stream).complete);
  EXPECT_EQ(404, heard(idle.post(call(1, "echo"))).status);
  echo(its_child, "done");
  EXPECT_EQ("done", echoed(slow));
  gateway->advance(seconds(1));
  EXPECT_EQ(404, heard(busy.post(call(2, "echo"))).status);
  HttpSession again(*gateway, "own");
  EXPECT_FALSE(again.token().empty());
}

TEST_F(ReloadTest, StartsServicesThatAreNew) {
  start({service("one")});
  auto config = gateway->config();
  config.services.push_back(service("two"));
  gateway->reload(config);
  shake_hands(*gateway);
  HttpSession session(*gateway, "two");
  auto& answered = session.post(call(1, "echo"));
  echo(child(), "new");
  EXPECT_EQ("new", echoed(answered));
}

TEST_F(ReloadTest, RemovesAServiceAfterItsCallsHaveEnded) {
  start({service("one"), service("two")});
  auto& its_child = child();
  HttpSession session(*gateway, "two");
  auto& slow = session.post(call(1, "echo"));
  auto config = gateway->config();
  config.services.pop_back();
  gateway->reload(config);
  EXPECT_EQ(404, heard(session.post(call(2, "echo"))).status);
  echo(its_child, "to the end");
  EXPECT_EQ("to the end", echoed(slow));
  gateway->advance(seconds(1));
  EXPECT_TRUE(its_child.told_to_stop());
  its_child.die();
  gateway->turn(2);
  EXPECT_EQ(1U, gateway->shard().health_here().services.size());
  EXPECT_EQ(0U, gateway->sessions().taken());
}

TEST_F(ReloadTest, TellsTheEndOfEachFormerChildOnce) {
  start({service("one"), service("two")});
  HttpSession session(*gateway, "two");
  (void)session.post(call(1, "echo"));
  auto& busy = child();
  auto config = gateway->config();
  config.services[1].args = {"--other"};
  gateway->reload(config);
  shake_hands(*gateway);
  config.services.pop_back();
  gateway->reload(config);
  child().die();
  gateway->advance(seconds(5));
  EXPECT_FALSE(busy.told_to_stop());
  echo(busy, "to the end");
  gateway->advance(seconds(1));
  busy.die();
  gateway->turn(2);
  auto const& log = gateway->log().text;
  std::size_t told = 0;
  for (auto at = log.find("service.former_ended"); at != std::string::npos;
       at = log.find("service.former_ended", at + 1))
    ++told;
  EXPECT_EQ(2U, told);
}

TEST_F(ReloadTest, KeepsTheFormerChildWhileTheNextDoesNotStart) {
  start({service("one")});
  auto& former = child();
  HttpSession session(*gateway, "one");
  gateway->spawner().refuse(1000);
  gateway->reload(otherwise());
  gateway->advance(seconds(10));
  EXPECT_FALSE(former.told_to_stop());
  auto& answered = session.post(call(1, "echo"));
  echo(former, "former");
  EXPECT_EQ("former", echoed(answered));
}

TEST_F(ReloadTest, IsNotUnhealthyWhileTheFormerChildServes) {
  auto one = service("one");
  one.required = true;
  start({one});
  EXPECT_EQ(health::HealthStatus::Healthy, gateway->health().status);
  gateway->reload(otherwise());
  EXPECT_EQ(health::HealthStatus::Degraded, gateway->health().status);
  EXPECT_EQ("starting", gateway->health().state);
  shake_hands(*gateway);
  EXPECT_EQ(health::HealthStatus::Healthy, gateway->health().status);
}

TEST_F(ReloadTest, LetsNobodyInWhoseTokenIsGone) {
  config::GatewayConfig config;
  config.auth.tokens = {{.name = "alice", .token = config::Secret("alice-token"), .sha256 = {}}};
  start({service("one")}, config);
  auto with_token = [&](std::string_view token) {
    auto& client = gateway->connect();
    client.send(http("POST", "/one/mcp",
                     {"Content-Type: application/json", "Accept: application/json, text/event-stream",
                      fmt::format("Authorization: Bearer {}", token)},
                     request(1, "ping").dump()));
    gateway->turn(2);
    return heard(client).status;
  };
  EXPECT_EQ(200, with_token("alice-token"));
  auto next = gateway->config();
  next.gateway.auth.tokens = {{.name = "bob", .token = config::Secret("bob-token"), .sha256 = {}}};
  gateway->reload(next);
  EXPECT_EQ(401, with_token("alice-token"));
  EXPECT_EQ(200, with_token("bob-token"));
}

TEST_F(ReloadTest, TakesUpThePolicyForPrincipalsThatAreKnown) {
  start({service("one")});
  EXPECT_EQ(200, heard(send(http("POST", "/one/mcp",
                                 {"Content-Type: application/json", "Accept: application/json, text/event-stream"},
                                 request(1, "ping").dump())))
                     .status);
  auto next = gateway->config();
  next.gateway.policy.otherwise = config::Effect::Deny;
  gateway->reload(next);
  EXPECT_EQ(403, heard(send(http("POST", "/one/mcp",
                                 {"Content-Type: application/json", "Accept: application/json, text/event-stream"},
                                 request(1, "ping").dump())))
                     .status);
}

TEST_F(ReloadTest, RenewsChildrenWhenAnOperatorAsksForIt) {
  start({service("one")});
  auto& former = child();
  HttpSession session(*gateway, "one");
  auto& slow = session.post(call(1, "echo"));
  std::string told;
  gateway->shard().operate(gateway->directory().services()[0].key, backend::Renew{},
                           [&](backend::OperationEnd const& end) { told = end.text; });
  EXPECT_EQ(R"({"renewing":true,"sessions":1})", told);
  gateway->turn();
  shake_hands(*gateway);
  echo(former, "former");
  EXPECT_EQ("former", echoed(slow));
  gateway->advance(seconds(1));
  EXPECT_TRUE(former.told_to_stop());
  auto& after = session.post(call(2, "echo"));
  echo(child(), "next");
  EXPECT_EQ("next", echoed(after));
}

TEST_F(ReloadTest, StopsWithAnEditionThatIsLeaving) {
  start({service("one"), service("own", config::Isolation::Session)});
  HttpSession session(*gateway, "one");
  (void)session.post(call(1, "echo"));
  gateway->reload(otherwise());
  gateway->shard().drain();
  gateway->shard().stop();
  for (auto* const each : children()) each->die();
  gateway->turn(4);
  EXPECT_TRUE(gateway->is_over());
  EXPECT_EQ(1, gateway->times_over());
}

}  // namespace
}  // namespace gateway::harness
