// What children of the revision without sessions need to know of a client before they answer it.
#include <map>

#include "tests/middle/stateless_children_fixture.h"

namespace gateway::harness {
namespace {

json needs(json inputs, json state = nullptr) {
  json result{{"resultType", "input_required"}};
  if (!inputs.empty()) result["inputRequests"] = std::move(inputs);
  if (!state.is_null()) result["requestState"] = std::move(state);
  return result;
}
json const kSampling{{"method", "sampling/createMessage"}, {"params", {{"maxTokens", 5}}}};
json const kForm{{"method", "elicitation/create"}, {"params", {{"message", "m"}, {"mode", "form"}}}};
json const kRoots{{"method", "roots/list"}};

class AskingChildrenTest : public StatelessChildrenTest {
 protected:
  /// A client that can do all that can be asked.
  HttpSession able() {
    return HttpSession(*gateway, "one", "2025-11-25", {},
                       {{"sampling", json::object()}, {"elicitation", json::object()}, {"roots", json::object()}});
  }
  void give(json const& asked, json result) {
    answer(child(), asked["id"], std::move(result));
    gateway->turn(2);
  }
  static json response(json const& to, json result) {
    return {{"jsonrpc", "2.0"}, {"id", to["id"]}, {"result", std::move(result)}};
  }
};

TEST_F(AskingChildrenTest, AreSentTheCallAgainWithWhatTheClientAnswered) {
  auto session = able();
  auto message = call(7, "echo", {{"a", 1}});
  message["params"]["_meta"]["progressToken"] = "mine";
  auto& client = session.post(message);
  auto const asked = take_heard(child());
  give(asked, needs({{"one", kSampling}, {"two", kForm}, {"three", kRoots}}, "state\u00e9\n"));
  ASSERT_EQ(3U, events(client).size());
  std::map<std::string, json> by_method;
  for (auto const& event : events(client)) by_method[event["method"]] = event;
  EXPECT_EQ(json({{"maxTokens", 5}}), by_method["sampling/createMessage"]["params"]);
  EXPECT_EQ("m", by_method["elicitation/create"]["params"]["message"]);

  (void)session.post(response(by_method["roots/list"], {{"roots", json::array()}}));
  (void)session.post(response(by_method["sampling/createMessage"], {{"role", "assistant"}, {"content", "c"}}));
  EXPECT_TRUE(child().heard.empty());
  (void)session.post(response(by_method["elicitation/create"], {{"action", "decline"}}));
  auto const again = take_heard(child());
  EXPECT_EQ("tools/call", again["method"]);
  EXPECT_NE(asked["id"], again["id"]);
  EXPECT_EQ("state\u00e9\n", again["params"]["requestState"]);
  EXPECT_EQ(json({{"one", {{"role", "assistant"}, {"content", "c"}}},
                  {"two", {{"action", "decline"}}},
                  {"three", {{"roots", json::array()}}}}),
            again["params"]["inputResponses"]);
  EXPECT_EQ(json({{"a", 1}}), again["params"]["arguments"]);
  EXPECT_EQ("test", again["params"]["_meta"][kInfo]["name"]);
  EXPECT_EQ(again["id"], again["params"]["_meta"]["progressToken"]);

  say(note("notifications/progress", {{"progressToken", again["id"]}, {"progress", 1}}));
  give(again, {{"content", json::array()}, {"resultType", "complete"}});
  ASSERT_EQ(5U, events(client).size());
  EXPECT_EQ("mine", events(client)[3]["params"]["progressToken"]);
  EXPECT_EQ(7, events(client)[4]["id"]);
  EXPECT_EQ(json({{"content", json::array()}}), events(client)[4]["result"]);
  EXPECT_TRUE(heard(client).complete);
}

TEST_F(AskingChildrenTest, AskAClientOfLegacySseOnItsStream) {
  SseSession session(*gateway, "one");
  (void)session.post(request(1, "initialize",
                             {{"protocolVersion", "2024-11-05"},
                              {"capabilities", {{"sampling", json::object()}}},
                              {"clientInfo", {{"name", "sse"}, {"version", "1"}}}}));
  (void)session.post(call(2, "echo"));
  give(take_heard(child()), needs({{"k", kSampling}}));
  ASSERT_EQ(2U, session.heard().size());
  (void)session.post(response(session.heard()[1], {{"role", "assistant"}}));
  auto const again = take_heard(child());
  EXPECT_EQ(json({{"k", {{"role", "assistant"}}}}), again["params"]["inputResponses"]);
  EXPECT_FALSE(again["params"].contains("requestState"));
  give(again, {{"content", json::array()}});
  EXPECT_EQ(2, session.heard()[2]["id"]);
}

TEST_F(AskingChildrenTest, TakeAnAnswerFromTheSessionThatWasAskedAlone) {
  auto session = able();
  auto other = able();
  auto& client = session.post(call(1, "echo"));
  give(take_heard(child()), needs({{"k", kRoots}}));
  (void)other.post(response(events(client)[0], {{"roots", json::array()}}));
  EXPECT_TRUE(child().heard.empty());
  (void)session.post(response(events(client)[0], {{"roots", json::array()}}));
  (void)session.post(response(events(client)[0], {{"roots", json::array()}}));
  EXPECT_EQ("tools/call", take_heard(child())["method"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(AskingChildrenTest, AskNothingThatTheClientDoesNotOffer) {
  HttpSession session(*gateway, "one");
  auto& called = session.post(call(1, "echo"));
  give(take_heard(child()), needs({{"k", kRoots}}));
  EXPECT_EQ(true, body(called)["result"]["isError"]);
  EXPECT_NE(std::string::npos, body(called)["result"]["content"][0]["text"].get<std::string>().find("roots"));
  auto& read = session.post(request(2, "resources/read", {{"uri", "r://1"}}));
  give(take_heard(child()), needs({{"k", kRoots}}));
  EXPECT_EQ(-32603, body(read)["error"]["code"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(AskingChildrenTest, LoseTheCallWhereTheClientAnswersWithAnError) {
  auto session = able();
  auto& client = session.post(call(1, "echo"));
  give(take_heard(child()), needs({{"a", kRoots}, {"b", kSampling}}));
  auto const asked = events(client);
  (void)session.post({{"jsonrpc", "2.0"}, {"id", asked[0]["id"]}, {"error", {{"code", -1}, {"message", "no"}}}});
  auto const all = events(client);
  ASSERT_EQ(4U, all.size());
  EXPECT_EQ("notifications/cancelled", all[2]["method"]);
  EXPECT_EQ(asked[1]["id"], all[2]["params"]["requestId"]);
  EXPECT_EQ(true, all[3]["result"]["isError"]);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(AskingChildrenTest, AreGivenTimeWhereTheyAskForNothingElse) {
  auto session = able();
  auto& client = session.post(call(1, "echo"));
  auto asked = take_heard(child());
  for (auto round = 0; round < 3; ++round) {
    give(asked, needs({}, "again"));
    EXPECT_TRUE(child().heard.empty());
    gateway->advance(milliseconds(500));
    asked = take_heard(child());
    EXPECT_EQ("again", asked["params"]["requestState"]);
    EXPECT_FALSE(asked["params"].contains("inputResponses"));
  }
  give(asked, {{"content", json::array()}});
  EXPECT_EQ(json({{"content", json::array()}}), body(client)["result"]);
}

TEST_F(AskingChildrenTest, MayNotAskForEver) {
  auto session = able();
  auto& client = session.post(call(1, "echo"));
  for (auto round = 0; round < 9; ++round) {
    give(take_heard(child()), needs({}, "again"));
    gateway->advance(milliseconds(500));
  }
  EXPECT_TRUE(child().heard.empty());
  EXPECT_EQ(true, body(client)["result"]["isError"]);
}

TEST_F(AskingChildrenTest, AreNotSentACallAgainThatItsClientTookBack) {
  auto session = able();
  auto& client = session.post(call(1, "echo"));
  auto& stream = session.get();
  give(take_heard(child()), needs({{"k", kRoots}}));
  auto const asked = events(client)[0];
  (void)session.post(note("notifications/cancelled", {{"requestId", 1}}));
  EXPECT_TRUE(heard(client).complete);
  ASSERT_EQ(1U, events(stream).size());
  EXPECT_EQ("notifications/cancelled", events(stream)[0]["method"]);
  EXPECT_EQ(asked["id"], events(stream)[0]["params"]["requestId"]);
  (void)session.post(response(asked, {{"roots", json::array()}}));
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(AskingChildrenTest, LoseTheCallWithTheSessionTheRunAndTheTime) {
  auto session = able();
  auto ended = able();
  auto& slow = session.post(call(1, "echo"));
  give(take_heard(child()), needs({{"k", kRoots}}));
  (void)ended.post(call(1, "echo"));
  give(take_heard(child()), needs({{"k", kRoots}}));
  (void)ended.end();
  gateway->advance(seconds(601));
  ASSERT_EQ(3U, events(slow).size());
  EXPECT_EQ(true, events(slow)[2]["result"]["isError"]);

  child().heard.clear();  // it was listened to again and again
  auto another = able();
  auto& lost = another.post(call(2, "echo"));
  give(take_heard(child()), needs({{"k", kRoots}}));
  child().die(1);
  gateway->turn(2);
  ASSERT_EQ(3U, events(lost).size());
  EXPECT_EQ("child_exited", events(lost)[2]["error"]["data"]["reason"]);
}

TEST_F(AskingChildrenTest, AskClientsOfTheirOwnRevisionThemselves) {
  auto const envelope = json{{kVersion, "2026-07-28"}, {kCapabilities, {{"roots", json::object()}}}, {kLevel, "debug"}};
  auto const post = [&](json params) -> TestClient& {
    params["name"] = "echo";
    params["_meta"] = envelope;
    return send(http("POST", "/one/mcp",
                     {"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: echo"},
                     request(1, "tools/call", std::move(params)).dump()));
  };
  auto& first = post({{"arguments", json::object()}});
  auto const asked = take_heard(child());
  EXPECT_EQ(envelope, asked["params"]["_meta"]);
  auto const needed = needs({{"k", kRoots}}, "s");
  give(asked, needed);
  EXPECT_EQ(needed, body(first)["result"]);
  auto& second = post({{"inputResponses", {{"k", {{"roots", json::array()}}}}}, {"requestState", "s"}});
  auto const again = take_heard(child());
  EXPECT_EQ("s", again["params"]["requestState"]);
  EXPECT_EQ(json({{"k", {{"roots", json::array()}}}}), again["params"]["inputResponses"]);
  auto const result = json{{"content", json::array()}, {"resultType", "complete"}, {"x", 1}};
  give(again, result);
  EXPECT_EQ(result, body(second)["result"]);
}

TEST_F(AskingChildrenTest, AnswerClientsOfTheirOwnRevisionWithTheStatusesOfIt) {
  auto const post = [&](std::string const& method) -> TestClient& {
    return send(
        http("POST", "/one/mcp", {"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: " + method},
             request(1, method, {{"_meta", {{kVersion, "2026-07-28"}, {kCapabilities, json::object()}}}}).dump()));
  };
  auto const statuses = std::map<int, int>{{-32601, 404}, {-32021, 400}, {-32602, 200}};
  for (auto const& [code, status] : statuses) {
    auto& client = post("some/method");
    say({{"jsonrpc", "2.0"}, {"id", take_heard(child())["id"]}, {"error", {{"code", code}, {"message", "m"}}}});
    EXPECT_EQ(status, heard(client).status) << code;
    EXPECT_EQ(code, body(client)["error"]["code"]);
  }
}

}  // namespace
}  // namespace gateway::harness
