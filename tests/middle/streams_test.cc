// How an answer of Streamable HTTP becomes a stream, how one is taken up again, and what is asked on them.
#include "tests/middle/streamable_fixture.h"

namespace gateway::harness {
namespace {

// ── batches ──────────────────────────────────────────────────────────────────

class BatchTest : public StreamableTest {
 protected:
  void SetUp() override { start({service("one")}); }
  json batch() { return json::array({call_with_progress(1), call_with_progress(2)}); }
};

TEST_F(BatchTest, GathersTheAnswersOfABatch) {
  HttpSession session(*gateway, "one", "2025-03-26");
  auto& client = session.post(batch());
  auto const first = take_heard(child());
  answer_with(take_heard(child()), "second");
  EXPECT_EQ(0, heard(client).status);
  answer_with(first, "first");
  ASSERT_EQ(2U, body(client).size());
  EXPECT_EQ(2, body(client)[0]["id"]);
  EXPECT_EQ(1, body(client)[1]["id"]);
}

TEST_F(BatchTest, SendsWhatItHasGatheredOnceSomethingElseComesFirst) {
  HttpSession session(*gateway, "one", "2025-03-26");
  auto& client = session.post(batch());
  auto const first = take_heard(child());
  answer_with(take_heard(child()), "second");
  progress_of(first);
  ASSERT_EQ(2U, events(client).size());
  EXPECT_EQ(2, events(client)[0]["id"]);
  EXPECT_EQ("notifications/progress", events(client)[1]["method"]);
  answer_with(first, "first");
  EXPECT_EQ(3U, events(client).size());
  EXPECT_TRUE(heard(client).complete);
}

TEST_F(BatchTest, AnswersARestWhoseOthersWereTakenBack) {
  HttpSession session(*gateway, "one", "2025-03-26");
  auto& client = session.post(batch());
  answer_with(take_heard(child()), "first");
  (void)session.post(note("notifications/cancelled", {{"requestId", 2}}));
  ASSERT_EQ(1U, body(client).size());
  EXPECT_EQ("first", body(client)[0]["result"]["content"]);
}

// ── streams that are lost ────────────────────────────────────────────────────

TEST_F(StreamableTest, GivesTheRestOfALostAnswerToWhoComesBack) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& lost = session.post(call_with_progress(1));
  auto const asked = take_heard(child());
  progress_of(asked);
  auto const seen = last_id(lost);
  lost.close();
  gateway->turn(2);
  progress_of(asked);
  auto& back = session.get(seen);
  EXPECT_EQ(1U, events(back).size());
  answer_with(asked, "done");
  ASSERT_EQ(2U, events(back).size());
  EXPECT_EQ("done", events(back)[1]["result"]["content"]);
  EXPECT_TRUE(heard(back).complete);
  auto& again = session.get(seen);
  EXPECT_EQ(2U, events(again).size());
  EXPECT_TRUE(heard(again).complete);
}

TEST_F(StreamableTest, TakesAnAnswerOverFromAConnectionThatSeemsAlive) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& first = session.post(call_with_progress(1));
  auto const asked = take_heard(child());
  progress_of(asked);
  auto& second = session.get(last_id(first));
  EXPECT_TRUE(heard(first).complete);
  answer_with(asked, "done");
  EXPECT_EQ("done", body(second)["result"]["content"]);
  EXPECT_EQ(1U, events(first).size());
}

TEST_F(StreamableTest, KeepsTheWholeAnswerOfAClientThatLeft) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& lost = session.post(call(1, "echo"));
  auto const asked = take_heard(child());
  lost.close();
  gateway->turn(2);
  EXPECT_TRUE(child().heard.empty());
  answer_with(asked, "done");
  EXPECT_EQ(200, heard(session.post(request(2, "ping"))).status);
  EXPECT_EQ(0U, gateway->health().calls_in_flight);
}

TEST_F(StreamableTest, GivesWhatAStreamMissedAndTakesAnUnknownIdForANewOne) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto const line = note("notifications/message", {{"level", "error"}, {"data", "x"}}).dump();
  child().say(line);
  gateway->turn(2);
  auto& first = session.get();
  EXPECT_TRUE(events(first).empty()) << "what comes before the first stream is not kept";
  child().say(line);
  gateway->turn(2);
  auto const seen = last_id(first);
  first.close();
  gateway->turn(2);
  child().say(line);
  gateway->turn(2);
  auto& second = session.get(seen);
  EXPECT_EQ(1U, events(second).size());
  auto& third = session.get("0-0");
  EXPECT_TRUE(heard(second).complete);
  EXPECT_EQ(2U, events(third).size());
  third.close();
  gateway->turn(2);
  EXPECT_TRUE(heard(session.get("77-1")).is_stream);
  EXPECT_EQ(409, heard(session.get("77-1")).status);
  EXPECT_TRUE(heard(session.get("no id")).is_stream);
}

// ── what a child asks ────────────────────────────────────────────────────────

class AskTest : public StreamableTest {
 protected:
  void SetUp() override { start({service("one", config::Isolation::Session)}); }
  void ask() {
    child().say(request("q", "sampling/createMessage").dump());
    gateway->turn(2);
  }
};

TEST_F(AskTest, AsksOnTheStreamOfACall) {
  HttpSession session(*gateway, "one");
  child().heard.clear();
  auto& client = session.post(call(1, "echo"));
  auto const asked = take_heard(child());
  ask();
  ASSERT_EQ(1U, events(client).size());
  EXPECT_EQ("sampling/createMessage", events(client)[0]["method"]);
  answer_with(asked, "done");
  EXPECT_TRUE(heard(client).complete);
}

TEST_F(AskTest, SaysThatNobodyCanBeAskedWithoutAStream) {
  HttpSession session(*gateway, "one");
  child().heard.clear();
  auto& client = post_for_json(session, call(1, "echo"));
  (void)take_heard(child());
  ask();
  auto const refused = take_heard(child());
  EXPECT_EQ("q", refused["id"]);
  EXPECT_EQ(-32603, refused["error"]["code"]);
  EXPECT_EQ(0, heard(client).status);
}

TEST_F(AskTest, GivesTheChildWhatItsClientRefused) {
  HttpSession session(*gateway, "one");
  child().heard.clear();
  auto& stream = session.get();
  ask();
  ASSERT_EQ(1U, events(stream).size());
  (void)session.post(
      {{"jsonrpc", "2.0"}, {"id", events(stream)[0]["id"]}, {"error", {{"code", -1}, {"message", "no"}}}});
  auto const answered = take_heard(child());
  EXPECT_EQ("q", answered["id"]);
  EXPECT_EQ("no", answered["error"]["message"]);
}

TEST_F(AskTest, TellsItsClientThatTheChildTookItsQuestionBack) {
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  ask();
  child().say(note("notifications/cancelled", {{"requestId", "q"}}).dump());
  child().say(note("notifications/cancelled", {{"requestId", "q"}}).dump());
  gateway->turn(2);
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ("notifications/cancelled", events(stream)[1]["method"]);
  EXPECT_EQ(events(stream)[0]["id"], events(stream)[1]["params"]["requestId"]);
}

TEST_F(AskTest, DeletesASessionWithTheCallsItWaitsFor) {
  HttpSession session(*gateway, "one");
  auto& whole = post_for_json(session, call(1, "echo"));
  auto& streaming = session.post(call_with_progress(2));
  (void)session.get();
  EXPECT_EQ(200, heard(session.end()).status);
  EXPECT_TRUE(body(whole).contains("error"));
  EXPECT_TRUE(heard(streaming).complete);
  EXPECT_EQ(0U, gateway->sessions().taken());
}

}  // namespace
}  // namespace gateway::harness
