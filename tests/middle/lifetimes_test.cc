// Things that end while somebody holds them.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

/// Shared, and a child for each session: there the session's end is the child's too.
class LifetimesTest : public MiddleTest, public ::testing::WithParamInterface<config::Isolation> {
 protected:
  void SetUp() override { start({service("one", GetParam())}); }
  void expect_nothing_left() {
    EXPECT_EQ(0U, gateway->health().sessions);
    EXPECT_EQ(0U, gateway->sessions().taken());
  }
};

INSTANTIATE_TEST_SUITE_P(Isolations, LifetimesTest,
                         ::testing::Values(config::Isolation::Shared, config::Isolation::Session));

TEST_P(LifetimesTest, DeletesASessionWhoseStreamsConnectionWaitsToDeleteItToo) {
  HttpSession session(*gateway, "one");
  auto& stream = gateway->connect();
  stream.send(session.text("GET") + session.text("DELETE"));
  gateway->turn(2);
  EXPECT_EQ(200, heard(session.end()).status);
  ASSERT_EQ(2U, stream.answers.size());
  EXPECT_TRUE(stream.answers[0].complete);
  EXPECT_EQ(404, stream.answers[1].status);
  expect_nothing_left();
}

TEST_P(LifetimesTest, TakesOverAStreamWhoseConnectionWaitsToDeleteTheSession) {
  HttpSession session(*gateway, "one");
  auto& stream = gateway->connect();
  stream.send(session.text("GET") + session.text("DELETE"));
  gateway->turn(2);
  auto& taker = session.get("0-0");
  ASSERT_EQ(2U, stream.answers.size());
  EXPECT_EQ(200, stream.answers[1].status);
  EXPECT_EQ(200, heard(taker).status);
  EXPECT_TRUE(heard(taker).complete);
  expect_nothing_left();
}

TEST_P(LifetimesTest, EndsWithAllThatWaitsBehindStreams) {
  HttpSession session(*gateway, "one");
  auto& stream = gateway->connect();
  stream.send(session.text("GET") + session.text("DELETE") + session.text("GET"));
  gateway->turn(2);
  gateway->shard().drain();
  gateway->shard().stop();
  gateway->turn(2);
  ASSERT_LE(2U, stream.answers.size());
  EXPECT_EQ(404, stream.answers[1].status);
  for (auto* const child : gateway->spawner().alive()) child->die();
  gateway->turn(2);
  EXPECT_TRUE(gateway->is_over());
}

TEST_P(LifetimesTest, DeletesASessionFromBehindTheAnswerOfItsOwnCall) {
  HttpSession session(*gateway, "one");
  auto& client = gateway->connect();
  auto const body = call(1, "echo").dump();
  client.send(http("POST", "/one/mcp", {"Mcp-Session-Id: " + session.token(), "Accept: application/json"}, body) +
              session.text("DELETE") + session.text("DELETE"));
  gateway->turn(2);
  answer(child(), take_heard(child())["id"], {{"content", json::array()}});
  gateway->turn(2);
  ASSERT_EQ(3U, client.answers.size());
  EXPECT_EQ(200, client.answers[0].status);
  EXPECT_EQ(200, client.answers[1].status);
  EXPECT_EQ(404, client.answers[2].status);
  expect_nothing_left();
}

TEST_P(LifetimesTest, EndsASessionThatWasOpenedForOneAnswerInTheSameTurn) {
  auto& client = gateway->connect();
  auto const ping = http("POST", "/one/mcp", {}, request(1, "ping").dump());
  client.send(ping + ping + ping);
  gateway->turn(2);
  ASSERT_EQ(3U, client.answers.size());
  for (auto const& each : client.answers) EXPECT_EQ(200, each.status) << each.body;
  expect_nothing_left();
}

TEST_P(LifetimesTest, FailsTheCallsOfAChildThatDiesAndServesTheNextRun) {
  SseSession session(*gateway, "one");
  (void)session.post(request(1, "initialize", {{"protocolVersion", "2024-11-05"}}));
  shake_hands(*gateway);
  (void)session.post(note("notifications/initialized"));
  shake_hands(*gateway);
  (void)session.post(call(2, "echo"));
  child().die(3);
  gateway->turn(2);
  ASSERT_EQ(2U, session.heard().size());
  EXPECT_EQ("child_exited", session.heard()[1]["error"]["data"]["reason"]);
  gateway->advance(seconds(2));
  shake_hands(*gateway);
  (void)session.post(call(3, "echo"));
  EXPECT_EQ("tools/call", take_heard(child())["method"]);
}

/// A child that was only asked to end may still answer, and only there can its calls be
/// taken back.
TEST_F(MiddleTest, LeavesASessionAtTheChildThatStillOwesItAnAnswer) {
  auto two = service("two");
  two.replicas = 2;
  start({two});
  HttpSession session(*gateway, "two");
  HttpSession other(*gateway, "two");
  auto& answered = session.post(call(1, "echo"));
  auto children = gateway->spawner().alive();
  auto& first = *(children[0]->heard.empty() ? children[1] : children[0]);
  auto const asked = take_heard(first);
  auto& others = other.post(call(1, "echo"));
  gateway->shard().operate(gateway->directory().find("two")->key, backend::Restart{first.pid()},
                           [](backend::OperationEnd const&) {});
  // Its message would move it, and its cancel then hit the other's call of the same number.
  (void)session.post(request(2, "ping"));
  (void)session.post(note("notifications/cancelled", {{"requestId", 9}}));
  answer(first, asked["id"], {{"content", "first"}});
  gateway->turn(2);
  EXPECT_EQ("first", body(answered)["result"]["content"]);
  auto& second = *(children[0] == &first ? children[1] : children[0]);
  answer(second, take_heard(second)["id"], {{"content", "second"}});
  gateway->turn(2);
  EXPECT_EQ("second", body(others)["result"]["content"]);
}

TEST_F(MiddleTest, TellsItsEndOnceAlthoughServicesNeverHadAChild) {
  start({service("own", config::Isolation::Session), service("kin", config::Isolation::Session), service("one")});
  gateway->shard().drain();
  gateway->shard().stop();
  gateway->turn(2);
  EXPECT_FALSE(gateway->is_over());
  child().die();
  gateway->turn(2);
  EXPECT_TRUE(gateway->is_over());
  EXPECT_EQ(1, gateway->times_over());
}

}  // namespace
}  // namespace gateway::harness
