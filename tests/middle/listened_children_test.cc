// What children of the revision without sessions report.
#include "tests/middle/stateless_children_fixture.h"

namespace gateway::harness {
namespace {

json acknowledgement(json const& listen, json honoured) {
  return note("notifications/subscriptions/acknowledged",
              {{"notifications", std::move(honoured)}, {"_meta", {{kSubscription, listen["id"]}}}});
}

class ListenedChildrenTest : public StatelessChildrenTest {
 protected:
  void SetUp() override {
    StatelessChildrenTest::SetUp();
    acknowledge(listen_);
  }
  void acknowledge(json const& listen) { say(acknowledgement(listen, listen["params"]["notifications"])); }
  void say_of(json const& listen, std::string_view method, json params = json::object()) {
    params["_meta"][kSubscription] = listen["id"];
    say(note(method, std::move(params)));
  }
};

TEST_F(ListenedChildrenTest, AreListenedToForTheListsTheyReportChangesOf) {
  EXPECT_EQ("subscriptions/listen", listen_["method"]);
  EXPECT_TRUE(listen_["id"].is_string());
  EXPECT_EQ("2026-07-28", listen_["params"]["_meta"][kVersion]);
  EXPECT_EQ(json({{"toolsListChanged", true}}), listen_["params"]["notifications"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(ListenedChildrenTest, TellOfChangedToolsOnTheListenThatCounts) {
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  say(note("notifications/tools/list_changed", {{"_meta", {{kSubscription, "another"}}}}));
  EXPECT_TRUE(child().heard.empty());
  say_of(listen_, "notifications/tools/list_changed");
  answer(child(), take_heard(child())["id"], {{"tools", {{{"name", "more"}}}}});
  gateway->turn(2);
  ASSERT_EQ(1U, events(stream).size());
  EXPECT_EQ("notifications/tools/list_changed", events(stream)[0]["method"]);
}

TEST_F(ListenedChildrenTest, AreListenedToForAResourceBeforeTheSubscriptionIsAnswered) {
  HttpSession a(*gateway, "one");
  HttpSession b(*gateway, "one");
  auto& stream_a = a.get();
  auto& stream_b = b.get();
  auto& subscribed = a.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  auto const second = take_heard(child());
  EXPECT_EQ("subscriptions/listen", second["method"]);
  EXPECT_NE(listen_["id"], second["id"]);
  EXPECT_EQ(json({{"toolsListChanged", true}, {"resourceSubscriptions", {"r://1"}}}),
            second["params"]["notifications"]);
  EXPECT_TRUE(child().heard.empty());
  EXPECT_FALSE(heard(subscribed).complete);

  acknowledge(second);
  EXPECT_EQ(json::object(), body(subscribed)["result"]);
  auto const cancelled = take_heard(child());
  EXPECT_EQ("notifications/cancelled", cancelled["method"]);
  EXPECT_EQ(listen_["id"], cancelled["params"]["requestId"]);

  say_of(listen_, "notifications/resources/updated", {{"uri", "r://1"}});
  EXPECT_TRUE(events(stream_a).empty());
  say_of(second, "notifications/resources/updated", {{"uri", "r://1"}});
  ASSERT_EQ(1U, events(stream_a).size());
  EXPECT_EQ(json({{"uri", "r://1"}}), events(stream_a)[0]["params"]);
  EXPECT_TRUE(events(stream_b).empty());

  say({{"jsonrpc", "2.0"}, {"id", listen_["id"]}, {"result", {{"resultType", "complete"}}}});
  EXPECT_EQ(json::object(), body(a.post(request(2, "resources/unsubscribe", {{"uri", "r://1"}})))["result"]);
  auto const third = take_heard(child());
  EXPECT_EQ(json({{"toolsListChanged", true}}), third["params"]["notifications"]);
}

TEST_F(ListenedChildrenTest, RefuseASubscriptionByNotAcknowledgingIt) {
  HttpSession session(*gateway, "one");
  auto& refused = session.post(request(1, "resources/subscribe", {{"uri", "r://no"}}));
  auto& accepted = session.post(request(2, "resources/subscribe", {{"uri", "r://1"}}));
  auto const second = take_heard(child());
  EXPECT_EQ(json({"r://no"}), second["params"]["notifications"]["resourceSubscriptions"]);
  say(acknowledgement(second, {{"toolsListChanged", true}}));
  EXPECT_EQ(-32602, body(refused)["error"]["code"]);
  EXPECT_EQ("notifications/cancelled", take_heard(child())["method"]);
  auto const third = take_heard(child());
  EXPECT_EQ(json({"r://1"}), third["params"]["notifications"]["resourceSubscriptions"]);
  EXPECT_FALSE(heard(accepted).complete);
  acknowledge(third);
  EXPECT_EQ(json::object(), body(accepted)["result"]);
}

TEST_F(ListenedChildrenTest, AreListenedToOnceForMoreThanOneSession) {
  HttpSession a(*gateway, "one");
  HttpSession b(*gateway, "one");
  auto& first = a.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  auto& second = b.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  acknowledge(take_heard(child()));
  EXPECT_EQ(json::object(), body(first)["result"]);
  EXPECT_EQ(json::object(), body(second)["result"]);
  (void)take_heard(child());
  (void)a.end();
  EXPECT_TRUE(child().heard.empty());
  (void)b.end();
  EXPECT_EQ("subscriptions/listen", take_heard(child())["method"]);
}

TEST_F(ListenedChildrenTest, ThatEndAListenAreListenedToAgain) {
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  for (auto const ends_by_note : {false, true}) {
    auto const before = events(stream).size();
    if (ends_by_note) {
      say(note("notifications/cancelled", {{"requestId", listen_["id"]}}));
    } else {
      say({{"jsonrpc", "2.0"}, {"id", listen_["id"]}, {"result", {{"resultType", "complete"}}}});
    }
    EXPECT_TRUE(child().heard.empty());
    gateway->advance(seconds(3));
    listen_ = take_heard(child());
    EXPECT_EQ("subscriptions/listen", listen_["method"]);
    acknowledge(listen_);
    auto const asked = take_heard(child());
    EXPECT_EQ("tools/list", asked["method"]);
    answer(child(), asked["id"], {{"tools", {{{"name", ends_by_note ? "a" : "b"}}}}});
    gateway->turn(2);
    EXPECT_EQ(before + 1, events(stream).size());
    EXPECT_TRUE(child().heard.empty());
  }
}

TEST_F(ListenedChildrenTest, AreListenedToAgainByTheirNextRun) {
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  (void)session.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  acknowledge(take_heard(child()));
  child().die(1);
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  auto const listen = take_heard(child());
  EXPECT_EQ(json({"r://1"}), listen["params"]["notifications"]["resourceSubscriptions"]);
  EXPECT_TRUE(child().heard.empty());
  acknowledge(listen);
  auto const before = events(stream).size();
  say_of(listen, "notifications/resources/updated", {{"uri", "r://1"}});
  EXPECT_EQ(before + 1, events(stream).size());
}

TEST_F(ListenedChildrenTest, ThatDoNotKnowTheMethodAreNotAskedAgain) {
  child().die(1);
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  HttpSession session(*gateway, "one");
  auto const listen = take_heard(child());
  say({{"jsonrpc", "2.0"}, {"id", listen["id"]}, {"error", {{"code", -32601}, {"message", "m"}}}});
  gateway->advance(seconds(100));
  EXPECT_TRUE(child().heard.empty());
  EXPECT_EQ(-32601, body(session.post(request(1, "resources/subscribe", {{"uri", "r://1"}})))["error"]["code"]);
}

TEST_F(ListenedChildrenTest, ThatDoNotAcknowledgeInTimeFailTheSubscription) {
  HttpSession session(*gateway, "one");
  auto& client = session.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  gateway->advance(seconds(125));
  EXPECT_EQ("timeout", body(client)["error"]["data"]["reason"]);
}

TEST_F(ListenedChildrenTest, MayBeStoppedWhileTheyAreOnlyListenedTo) {
  auto idle = stateless("one");
  idle.idle_stop = seconds(30);
  start({idle});
  gateway->advance(seconds(60));
  EXPECT_TRUE(child().told_to_stop());
}

}  // namespace
}  // namespace gateway::harness
