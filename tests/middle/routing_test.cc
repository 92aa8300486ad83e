// Which message goes to whom.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class RoutingTest : public MiddleTest {
 protected:
  void SetUp() override { start({service("one")}); }
};

TEST_F(RoutingTest, GivesEachClientItsOwnAnswerToTheSameId) {
  HttpSession a(*gateway, "one");
  SseSession b(*gateway, "one");
  auto& answer_of_a = a.post(call(1, "echo", {{"who", "a"}}));
  EXPECT_EQ(202, heard(b.post(call(1, "echo", {{"who", "b"}}))).status);
  auto const first = take_heard(child());
  auto const second = take_heard(child());
  EXPECT_NE(first["id"], second["id"]);
  answer(child(), second["id"], {{"content", second["params"]["arguments"]["who"]}});
  answer(child(), first["id"], {{"content", first["params"]["arguments"]["who"]}});
  gateway->turn(2);
  EXPECT_EQ("a", body(answer_of_a)["result"]["content"]);
  ASSERT_EQ(1U, b.heard().size());
  EXPECT_EQ("b", b.heard()[0]["result"]["content"]);
  EXPECT_EQ(1, b.heard()[0]["id"]);
}

TEST_F(RoutingTest, GivesProgressBackUnderTheClientsToken) {
  HttpSession session(*gateway, "one");
  auto message = call(7, "echo");
  message["params"]["_meta"]["progressToken"] = "mine";
  auto& client = session.post(message);
  auto const asked = take_heard(child());
  EXPECT_EQ(asked["id"], asked["params"]["_meta"]["progressToken"]);
  child().say(note("notifications/progress", {{"progressToken", asked["id"]}, {"progress", 1}}).dump());
  answer(child(), asked["id"], {{"content", json::array()}});
  gateway->turn(2);
  ASSERT_EQ(2U, events(client).size());
  EXPECT_EQ("mine", events(client)[0]["params"]["progressToken"]);
  EXPECT_EQ(7, events(client)[1]["id"]);
  EXPECT_TRUE(heard(client).complete);
}

TEST_F(RoutingTest, TakesACallBackWithinItsSessionAlone) {
  HttpSession a(*gateway, "one");
  HttpSession b(*gateway, "one");
  auto& call_of_a = a.post(call(1, "echo"));
  auto const asked = take_heard(child());
  (void)b.post(note("notifications/cancelled", {{"requestId", 1}}));
  EXPECT_TRUE(child().heard.empty());
  (void)a.post(note("notifications/cancelled", {{"requestId", 1}}));
  EXPECT_EQ(asked["id"], take_heard(child())["params"]["requestId"]);
  answer(child(), asked["id"], {{"content", "late"}});
  gateway->turn(2);
  EXPECT_TRUE(heard(call_of_a).complete);
  EXPECT_EQ(std::string::npos, heard(call_of_a).body.find("late"));
  EXPECT_TRUE(events(call_of_a).empty());
}

TEST_F(RoutingTest, RefusesAtOnceWhatASharedChildAsksOfAClient) {
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  child().say(request("q", "sampling/createMessage").dump());
  gateway->turn(2);
  auto const refused = take_heard(child());
  EXPECT_EQ("q", refused["id"]);
  EXPECT_EQ(-32601, refused["error"]["code"]);
  EXPECT_TRUE(events(stream).empty());
}

TEST_F(RoutingTest, RelaysWhatAChildOfOneSessionAsksAndTakesOneAnswer) {
  start({service("own", config::Isolation::Session)});
  HttpSession session(*gateway, "own");
  HttpSession other(*gateway, "own");
  auto& asked_child = *gateway->spawner().alive()[0];
  auto& stream = session.get();
  asked_child.say(request("q", "sampling/createMessage", {{"x", 1}}).dump());
  gateway->turn(2);
  ASSERT_EQ(1U, events(stream).size());
  auto const id = events(stream)[0]["id"];
  (void)other.post({{"jsonrpc", "2.0"}, {"id", id}, {"result", {{"who", "other"}}}});
  EXPECT_TRUE(asked_child.heard.empty());
  (void)session.post({{"jsonrpc", "2.0"}, {"id", id}, {"result", {{"who", "me"}}}});
  (void)session.post({{"jsonrpc", "2.0"}, {"id", id}, {"result", {{"who", "again"}}}});
  auto const answered = take_heard(asked_child);
  EXPECT_EQ("q", answered["id"]);
  EXPECT_EQ("me", answered["result"]["who"]);
  EXPECT_TRUE(asked_child.heard.empty());
}

TEST_F(RoutingTest, GivesAChildOfOneSessionItsClientsCapabilitiesThoughTheClientProbedBefore) {
  start({service("own", config::Isolation::Session)});
  auto& stream = send(http("GET", "/own/sse"));
  auto const path = "/own/" + heard(stream).events.at(0).data;
  (void)send(http("POST", path, {}, request(1, "server/discover").dump()));
  (void)send(http("POST", path, {}, request(2, "ping").dump()));
  EXPECT_TRUE(gateway->spawner().alive().empty());
  json const params = {{"protocolVersion", "2025-11-25"}, {"capabilities", {{"sampling", json::object()}}}};
  (void)send(http("POST", path, {}, request(3, "initialize", params).dump()));
  ASSERT_EQ(1U, gateway->spawner().alive().size());
  auto const initialize = take_heard(*gateway->spawner().alive()[0]);
  EXPECT_EQ("initialize", initialize["method"]);
  EXPECT_TRUE(initialize["params"]["capabilities"].contains("sampling"));
}

TEST_F(RoutingTest, SubscribesOnceForAllAndTellsSubscribersAlone) {
  HttpSession a(*gateway, "one");
  HttpSession b(*gateway, "one");
  HttpSession c(*gateway, "one");
  auto& stream_a = a.get();
  auto& stream_c = c.get();
  auto& first = a.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  auto& second = b.post(request(1, "resources/subscribe", {{"uri", "r://1"}}));
  answer(child(), take_heard(child())["id"], json::object());
  gateway->turn(2);
  EXPECT_TRUE(child().heard.empty());
  EXPECT_EQ(json::object(), body(first)["result"]);
  EXPECT_EQ(json::object(), body(second)["result"]);
  child().say(note("notifications/resources/updated", {{"uri", "r://1"}}).dump());
  gateway->turn(2);
  EXPECT_EQ(1U, events(stream_a).size());
  EXPECT_TRUE(events(stream_c).empty());
  (void)b.end();
  EXPECT_TRUE(child().heard.empty());
  (void)a.end();
  EXPECT_EQ("resources/unsubscribe", take_heard(child())["method"]);
}

TEST_F(RoutingTest, TellsOfChangedToolsWhenTheyDiffer) {
  HttpSession session(*gateway, "one");
  auto& stream = session.get();
  child().say(note("notifications/tools/list_changed").dump());
  gateway->turn(2);
  answer(child(), take_heard(child())["id"], {{"tools", {{{"name", "echo"}}}}});
  gateway->turn(2);
  EXPECT_TRUE(events(stream).empty());
  child().say(note("notifications/tools/list_changed").dump());
  gateway->turn(2);
  answer(child(), take_heard(child())["id"], {{"tools", {{{"name", "echo"}}, {{"name", "more"}}}}});
  gateway->turn(2);
  ASSERT_EQ(1U, events(stream).size());
  EXPECT_EQ("notifications/tools/list_changed", events(stream)[0]["method"]);
}

TEST_F(RoutingTest, GivesALogLineToAClientThatIsAloneOnTheChild) {
  HttpSession a(*gateway, "one");
  auto& stream = a.get();
  auto const line = note("notifications/message", {{"level", "error"}, {"data", "x"}}).dump();
  child().say(line);
  gateway->turn(2);
  EXPECT_EQ(1U, events(stream).size());
  HttpSession b(*gateway, "one");
  child().say(line);
  gateway->turn(2);
  EXPECT_EQ(1U, events(stream).size());
}

}  // namespace
}  // namespace gateway::harness
