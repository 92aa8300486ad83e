// What children do that is out of the ordinary, and what their clients hear of it.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class ChildrenTest : public MiddleTest {
 protected:
  void say(std::string const& line) {
    child().say(line);
    gateway->turn(2);
  }
};

TEST_F(ChildrenTest, RefusesALogLevelThatIsNone) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client = session.post(request(1, "logging/setLevel", {{"level", "loud"}}));
  EXPECT_EQ(-32602, body(client)["error"]["code"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(ChildrenTest, GivesLogLinesToAllWhereNothingInThemIsPrivate) {
  auto one = service("one");
  one.shared_logs = config::SharedLogs::All;
  start({one});
  HttpSession a(*gateway, "one");
  HttpSession b(*gateway, "one");
  auto& stream_a = a.get();
  auto& stream_b = b.get();
  say(note("notifications/message", {{"level", "error"}, {"data", "x"}}).dump());
  EXPECT_EQ(1U, events(stream_a).size());
  EXPECT_EQ(1U, events(stream_b).size());
}

TEST_F(ChildrenTest, GivesLogLinesToNobodyWhereTheyAreDropped) {
  auto one = service("one");
  one.shared_logs = config::SharedLogs::Drop;
  start({one});
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  say(note("notifications/message", {{"level", "error"}, {"data", "x"}}).dump());
  EXPECT_TRUE(events(stream).empty());
}

TEST_F(ChildrenTest, GivesNobodyLogLinesThatMayBeAboutACallOfAnotherThatWasNeverAnswered) {
  start({service("one")});
  HttpSession a(*gateway, "one");
  a.post(call(1, "echo"));
  gateway->advance(std::chrono::minutes(5));  // it has timed out, and its id is forgotten
  a.end();
  HttpSession b(*gateway, "one");
  auto& stream = b.get();
  auto const line = note("notifications/message", {{"level", "error"}, {"data", "x"}}).dump();
  say(line);
  EXPECT_TRUE(events(stream).empty());

  child().die(1);
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  auto const before = events(stream).size();
  say(line);
  EXPECT_EQ(before + 1, events(stream).size());
}

TEST_F(ChildrenTest, GiveNobodyElseTheirLastWordsAboutCallsThatTheyHungOn) {
  auto one = service("one");
  one.call_timeout = seconds(1);
  start({one});
  HttpSession a(*gateway, "one");
  HttpSession b(*gateway, "one");
  auto& stream = b.get();
  auto& hung = child();
  for (auto calls = 1; calls <= 10 && !hung.told_to_stop(); ++calls) {
    a.post(call(calls, "echo"));
    gateway->advance(seconds(2));
  }
  ASSERT_TRUE(hung.told_to_stop());
  hung.say(note("notifications/message", {{"level", "error"}, {"data", "about a's"}}).dump());
  gateway->turn(2);
  EXPECT_TRUE(events(stream).empty());
}

TEST_F(ChildrenTest, AreAskedAgainForASubscriptionThatTheyHadNoRoomForWhenItsSessionMoved) {
  auto one = service("one");
  one.replicas = 2;
  config::GatewayConfig config;
  config.limits.max_stdin_queue_bytes = 4096;
  start({one}, config);
  auto& left = *gateway->spawner().alive()[0];
  auto& full = *gateway->spawner().alive()[1];
  HttpSession a(*gateway, "one");
  HttpSession b(*gateway, "one");
  (void)a.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  answer(left, take_heard(left)["id"], json::object());
  gateway->turn(2);

  full.block();
  (void)b.post(call(1, "echo", {{"text", std::string(8192, 'x')}}));
  left.die(1);
  gateway->turn(2);
  auto& refused = b.post(request(2, "resources/subscribe", {{"uri", "r://1"}}));
  EXPECT_EQ("queue_full", body(refused)["error"]["data"]["reason"]);
  full.unblock();
  EXPECT_EQ("tools/call", take_heard(full)["method"]);
  EXPECT_TRUE(full.heard.empty());

  auto& subscribed = b.post(request(3, "resources/subscribe", {{"uri", "r://1"}}));
  auto const asked = take_heard(full);
  EXPECT_EQ("resources/subscribe", asked["method"]);
  answer(full, asked["id"], json::object());
  gateway->turn(2);
  EXPECT_EQ(3, body(subscribed)["id"]);
  EXPECT_TRUE(body(subscribed).contains("result"));
}

TEST_F(ChildrenTest, AreAskedAgainForSubscriptionsWhenTheRunBeforeEndedWithoutAnAnswer) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  (void)session.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  answer(child(), take_heard(child())["id"], json::object());
  gateway->turn(2);

  for (auto run = 0; run < 3; ++run) {
    child().die(1);
    gateway->advance(seconds(60));
    shake_hands(*gateway);
    EXPECT_EQ("resources/subscribe", json::parse(child().heard.front())["method"]) << "run " << run;
  }
  answer(child(), take_heard(child())["id"], json::object());
  gateway->turn(2);
  auto const before = events(stream).size();
  say(note("notifications/resources/updated", {{"uri", "r://1"}}).dump());
  EXPECT_EQ(before + 1, events(stream).size());
}

TEST_F(ChildrenTest, AreNotReadyWhenTheyAnswerInitializeAfterTheyWereAskedToEnd) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  child().die(1);
  gateway->advance(seconds(60));
  auto& starting = child();
  auto const initialize = take_heard(starting);
  EXPECT_EQ("initialize", initialize["method"]);
  auto& client = session.post(call(1, "echo"));
  gateway->shard().operate(gateway->directory().find("one")->key, backend::Restart{}, [](auto const&) {});
  EXPECT_TRUE(starting.told_to_stop());
  answer(starting, initialize["id"], {{"protocolVersion", "2025-11-25"}, {"capabilities", json::object()}});
  gateway->turn(2);
  EXPECT_TRUE(client.answers.empty());

  starting.die(0);
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  auto const called = take_heard(child());
  EXPECT_EQ("tools/call", called["method"]);
  answer(child(), called["id"], {{"content", json::array()}});
  gateway->turn(2);
  EXPECT_TRUE(body(client).contains("result"));
}

/// An answer too large to be kept is known by its ends.
class LargeAnswerTest : public ChildrenTest {
 protected:
  void SetUp() override {
    config::GatewayConfig config;
    config.limits.max_result_bytes = 64 * 1024;
    start({service("one")}, config);
  }
  std::string const large = std::string(100'000, 'x');
};

TEST_F(LargeAnswerTest, FailsTheCallWhoseIdStandsBeforeIt) {
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  auto const id = take_heard(child())["id"].dump();
  say(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"content":")" + large + R"("}})");
  EXPECT_EQ(1, body(client)["id"]);
  EXPECT_TRUE(body(client).contains("error"));
}

TEST_F(LargeAnswerTest, FailsTheCallWhoseIdStandsBehindIt) {
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  auto const id = take_heard(child())["id"].dump();
  say(R"({"result":{"content":")" + large + R"("},"id":)" + id + R"(,"jsonrpc":"2.0"})");
  EXPECT_EQ(1, body(client)["id"]);
  EXPECT_TRUE(body(client).contains("error"));
}

TEST_F(LargeAnswerTest, FailsNoCallForAnIdWithinIt) {
  HttpSession session(*gateway, "one");
  auto& client = session.post(call(1, "echo"));
  auto const id = take_heard(child())["id"].dump();
  say(R"({"result":{"content":")" + large + R"(","of":{"id":)" + id + R"(,"x":1}}})");
  say(R"({"result":{"content":")" + large + R"(","none":1}})");
  say(R"({"method":"notifications/x","params":{"id":)" + id + R"(,"content":")" + large + R"("}})");
  EXPECT_EQ(0, heard(client).status);
}

TEST_F(ChildrenTest, SaysHowManyLinesOfStderrItDidNotLog) {
  auto one = service("one");
  one.stderr_lines_per_second = 2;
  start({one});
  for (int i = 0; i < 50; ++i) child().complain("line");
  gateway->turn(2);
  EXPECT_EQ(std::string::npos, gateway->log().text.find("child.stderr_suppressed"));
  gateway->advance(seconds(5));
  child().complain("line");
  gateway->turn(2);
  gateway->advance(seconds(1));
  EXPECT_NE(std::string::npos, gateway->log().text.find("child.stderr_suppressed"));
}

TEST_F(ChildrenTest, SaysThatAServerThatNeverRanIsNotRunning) {
  config::Config config;
  config.services = {service("one")};
  gateway = std::make_unique<TestGateway>(std::move(config));
  for (int i = 0; i < 9 && !gateway->spawner().alive().empty(); ++i) {
    child().die(1);
    gateway->turn(2);
    gateway->advance(seconds(9));
  }
  ASSERT_EQ("crash_loop", gateway->health().state);
  auto& client = gateway->connect();
  client.send(http("POST", "/one/mcp", {}, request(0, "initialize", {{"protocolVersion", "2025-11-25"}}).dump()));
  gateway->turn(2);
  EXPECT_EQ(503, heard(client).status);
  EXPECT_EQ("not_running", body(client)["error"]["data"]["reason"]);
  EXPECT_EQ(0U, gateway->sessions().taken());
}

TEST_F(ChildrenTest, TakesAnErrorForAProbeThatFailed) {
  auto one = service("one");
  one.probe = config::ProbeConfig{};
  one.probe->tool = "echo";
  start({one});
  for (int i = 0; i < 60; ++i) {
    gateway->advance(seconds(5));
    while (!child().heard.empty()) {
      auto const asked = take_heard(child());
      if (asked.contains("id")) {
        child().say(json{{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"error", {{"code", -5}, {"message", "no database"}}}}
                        .dump());
      }
    }
    gateway->turn(2);
  }
  EXPECT_NE(std::string::npos, gateway->health().reason.find("no database")) << gateway->health().reason;
}

}  // namespace
}  // namespace gateway::harness
