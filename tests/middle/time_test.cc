// What passes with time.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class TimeTest : public MiddleTest {};

TEST_F(TimeTest, GivesACallUpAtItsLimitAndDropsTheLateAnswer) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  auto const asked = take_heard(child());
  gateway->advance(seconds(119));
  EXPECT_FALSE(heard(client).complete);
  gateway->advance(seconds(2));
  ASSERT_EQ(1U, events(client).size());
  EXPECT_EQ("timeout", events(client)[0]["error"]["data"]["reason"]);
  EXPECT_TRUE(heard(client).complete);
  EXPECT_EQ("notifications/cancelled", take_heard(child())["method"]);
  answer(child(), asked["id"], {{"content", "late"}});
  gateway->turn(2);
  EXPECT_EQ(1U, events(client).size());
  EXPECT_EQ(0U, gateway->health().calls_in_flight);
}

TEST_F(TimeTest, HoldsASubscriptionToTheLimitOfACall) {
  auto one = service("one");
  one.call_timeout = seconds(5);
  start({one});
  SseSession session(*gateway, "one");
  (void)session.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  gateway->advance(seconds(6));
  ASSERT_EQ(1U, session.heard().size());
  EXPECT_TRUE(session.heard()[0].contains("error"));
}

TEST_F(TimeTest, AnswersASilentCallWithAStreamOfComments) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  gateway->advance(seconds(9));
  EXPECT_EQ(0, heard(client).status);
  gateway->advance(seconds(3));
  EXPECT_EQ(200, heard(client).status);
  EXPECT_TRUE(heard(client).is_stream);
}

TEST_F(TimeTest, EndsASessionThatIsIdleAndKeepsOneWithAStream) {
  start({service("one")});
  HttpSession idle(*gateway, "one");
  HttpSession open(*gateway, "one");
  (void)open.get();
  gateway->advance(std::chrono::minutes(31));
  EXPECT_EQ(404, heard(idle.post(request(1, "ping"))).status);
  EXPECT_EQ(200, heard(open.post(request(1, "ping"))).status);
}

TEST_F(TimeTest, TakesAnAnswerForAUseOfItsSession) {
  auto one = service("one");
  one.call_timeout = std::chrono::minutes(30);
  start({one});
  HttpSession session(*gateway, "one");
  auto& slow = session.post(call(1, "echo"));
  gateway->advance(std::chrono::minutes(29));
  answer(child(), take_heard(child())["id"], {{"said", "at last"}});
  gateway->turn(2);
  EXPECT_EQ("at last", body(slow)["result"]["said"]);
  gateway->advance(std::chrono::minutes(29));
  EXPECT_EQ(200, heard(session.post(request(2, "ping"))).status);
}

TEST_F(TimeTest, RestsInACrashLoopAndStartsAgain) {
  start({service("one")});
  for (int i = 0; i < 7; ++i) {
    if (gateway->spawner().alive().empty()) break;
    child().die(1);
    gateway->turn(2);
    gateway->advance(seconds(9));
  }
  EXPECT_EQ("crash_loop", gateway->health().state);
  gateway->advance(seconds(90));
  shake_hands(*gateway);
  EXPECT_EQ("ready", gateway->health().state);
}

TEST_F(TimeTest, LetsAChildSleepAndWakesItForASession) {
  auto one = service("one");
  one.idle_stop = seconds(10);
  start({one});
  gateway->advance(seconds(11));
  EXPECT_TRUE(child().told_to_stop());
  child().die();
  gateway->turn(2);
  EXPECT_EQ("idle", gateway->health().state);
  HttpSession session(*gateway, "one");
  EXPECT_EQ(200, heard(session.post(request(1, "tools/list"))).status);
  EXPECT_EQ(2U, gateway->spawner().started());
}

TEST_F(TimeTest, EndsAHungChildAndServesWhatWaited) {
  auto one = service("one");
  one.call_timeout = seconds(2);
  start({one});
  SseSession session(*gateway, "one");
  for (int i = 1; i <= 3; ++i) {
    gateway->advance(seconds(1));  // it was heard before this
    (void)session.post(call(i, "echo"));
    gateway->advance(seconds(3));
  }
  EXPECT_EQ(3U, session.heard().size());
  EXPECT_TRUE(child().told_to_stop());
}

TEST_F(TimeTest, ClosesAClientThatTakesNothing) {
  config::GatewayConfig config;
  config.limits.max_client_queue_bytes = 64 * 1024;
  start({service("one")}, config);
  SseSession session(*gateway, "one");
  session.stream().reads = false;
  auto const big = std::string(100'000, 'x');
  for (int i = 1; i <= 9 && gateway->health().sessions > 0; ++i) {
    (void)session.post(call(i, "echo"));
    answer(child(), take_heard(child())["id"], {{"content", big}});
    gateway->turn(2);
  }
  EXPECT_EQ(0U, gateway->health().sessions);
  EXPECT_EQ(1, gateway->metric("mcp_gateway_slow_clients_total").value_or(0));
}

TEST_F(TimeTest, WaitsForOpenCallsBeforeItEnds) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  gateway->shard().drain();
  gateway->advance(seconds(1));
  EXPECT_FALSE(gateway->is_drained());
  answer(child(), take_heard(child())["id"], {{"content", "done"}});
  gateway->advance(seconds(1));
  EXPECT_EQ("done", body(client)["result"]["content"]);
  EXPECT_TRUE(gateway->is_drained());
}

TEST(LoopTime, FiresTimersInTheirOrderAndNotInTheTurnThatSetThem) {
  ManualClock clock;
  io::EventLoop loop(&clock);
  std::string fired;
  io::Timer late(loop, [&] { fired += "late "; });
  io::Timer never(loop, [&] { fired += "never "; });
  io::Timer again(loop, [&] { fired += "again "; });
  io::Timer early(loop, [&] {
    fired += "early ";
    never.cancel();
    again.set({});
  });
  late.set(seconds(2));
  early.set(seconds(1));
  never.set(seconds(1));
  loop.turn({});
  EXPECT_EQ("", fired);
  clock.set(clock.now() + seconds(3));
  loop.turn({});
  EXPECT_EQ("early late ", fired);
  loop.turn({});
  EXPECT_EQ("early late again ", fired);
  EXPECT_FALSE(loop.next_timer());
}

}  // namespace
}  // namespace gateway::harness
