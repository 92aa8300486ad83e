// Questions that a child with sessions asks during a call of a stateless client.
#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class RoundTripsTest : public MiddleTest {
 protected:
  void SetUp() override { start({service("one")}); }

  /// A client that can be asked anything.
  [[nodiscard]] StatelessClient client() {
    StatelessClient made(*gateway, "one");
    made.capabilities = {{"sampling", json::object()},
                         {"elicitation", {{"form", json::object()}, {"url", json::object()}}},
                         {"roots", json::object()}};
    return made;
  }
  void say(json const& message) {
    child().say(message.dump());
    gateway->turn(2);
  }
  void elicit(json id, std::string const& what = "name?") {
    say(request(std::move(id), "elicitation/create", {{"message", what}, {"requestedSchema", json::object()}}));
  }
  void gather() { gateway->advance(milliseconds(20)); }
  /// A call that the child has answered by asking `name?` under the id "q".
  json asked(StatelessClient asks) {
    auto& connection = asks.post(call(1, "ask"));
    at_child = take_heard(child());
    elicit("q");
    gather();
    auto answered = body(connection)["result"];
    EXPECT_EQ("input_required", answered["resultType"]);
    return answered;
  }
  static json retry(json const& state, json responses, json id = 2) {
    auto message = call(std::move(id), "ask");
    message["params"]["requestState"] = state;
    message["params"]["inputResponses"] = std::move(responses);
    return message;
  }
  static json accept(std::string const& name = "Ada") { return {{"action", "accept"}, {"content", {{"name", name}}}}; }
  void finish() {
    answer(child(), at_child["id"], {{"content", "done"}});
    gateway->turn(2);
  }

  json at_child;  ///< the call
};

TEST_F(RoundTripsTest, AskTheClientAndTakeTheCallUpAgain) {
  auto const result = asked(client());
  ASSERT_EQ(1U, result["inputRequests"].size());
  auto const& question = *result["inputRequests"].begin();
  EXPECT_EQ("elicitation/create", question["method"]);
  EXPECT_EQ("name?", question["params"]["message"]);
  EXPECT_FALSE(result.contains("ttlMs"));

  auto const key = result["inputRequests"].begin().key();
  auto& again = client().post(retry(result["requestState"], {{key, accept()}, {"other", 1}}));
  auto const told = take_heard(child());
  EXPECT_EQ("q", told["id"]);
  EXPECT_EQ(accept(), told["result"]);
  finish();
  EXPECT_EQ(2, body(again)["id"]);
  EXPECT_EQ("done", body(again)["result"]["content"]);
  EXPECT_TRUE(child().heard.empty()) << "the child saw the call once";
}

TEST_F(RoundTripsTest, AreNotForClientsThatCannotBeAsked) {
  StatelessClient plain(*gateway, "one");
  auto& connection = plain.post(call(1, "ask"));
  at_child = take_heard(child());
  elicit("q");
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
  finish();
  EXPECT_EQ("complete", body(connection)["result"]["resultType"]);
}

TEST_F(RoundTripsTest, SayWhichCapabilityTheClientLacks) {
  StatelessClient plain(*gateway, "one");
  auto& connection = plain.post(call(1, "ask"));
  at_child = take_heard(child());
  elicit("q");
  say({{"jsonrpc", "2.0"}, {"id", at_child["id"]}, {"error", {{"code", -32000}, {"message", "cannot ask"}}}});
  EXPECT_EQ(400, heard(connection).status);
  EXPECT_EQ(-32021, body(connection)["error"]["code"]);
  EXPECT_EQ(json({{"elicitation", {{"form", json::object()}}}}),
            body(connection)["error"]["data"]["requiredCapabilities"]);
}

TEST_F(RoundTripsTest, AreAllowedInTheAuditWhereTheChildRefusesTheCall) {
  config::GatewayConfig audited;
  audited.log.audit = true;
  start({service("one")}, audited);
  StatelessClient plain(*gateway, "one");
  auto& connection = plain.post(call(1, "ask"));
  at_child = take_heard(child());
  elicit("q");
  say({{"jsonrpc", "2.0"}, {"id", at_child["id"]}, {"error", {{"code", -32000}, {"message", "cannot ask"}}}});
  EXPECT_EQ(-32021, body(connection)["error"]["code"]);
  EXPECT_NE(std::string::npos, gateway->log().text.find(R"("decision":"allowed")"));
  EXPECT_EQ(std::string::npos, gateway->log().text.find(R"("decision":"refused")"));
}

TEST_F(RoundTripsTest, BlameNoCapabilityForLaterErrors) {
  StatelessClient plain(*gateway, "one");
  plain.capabilities = {{"roots", json::object()}};
  auto const fail = [&](std::string const& message) {
    say({{"jsonrpc", "2.0"}, {"id", at_child["id"]}, {"error", {{"code", -32000}, {"message", message}}}});
  };
  auto const begin = [&] {
    auto message = call(1, "ask");
    message["params"]["_meta"]["progressToken"] = "p";
    auto& connection = plain.post(message);
    at_child = take_heard(child());
    elicit("q");
    EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
    return &connection;
  };
  auto const* const goes_on = begin();
  say(note("notifications/progress", {{"progressToken", at_child["id"]}, {"progress", 1}}));
  fail("disk full");
  EXPECT_EQ("disk full", events(*goes_on)[1]["error"]["message"]);

  auto const* const asks = begin();
  say(request("r", "roots/list"));
  gather();
  auto const result = body(*asks)["result"];
  auto& again = plain.post(retry(result["requestState"], {{"input-1", {{"roots", json::array()}}}}));
  (void)take_heard(child());
  fail("disk full");
  EXPECT_EQ("disk full", body(again)["error"]["message"]);

  auto const* const exits = begin();
  child().die(1);
  gateway->turn(2);
  EXPECT_EQ("child_exited", body(*exits)["error"]["data"]["reason"]);
}

TEST_F(RoundTripsTest, AskSeveralThingsAtOnceAndAgainWhatIsMissing) {
  auto& connection = client().post(call(1, "ask"));
  at_child = take_heard(child());
  elicit("q", "first");
  elicit(8, "second");
  gather();
  auto const both = body(connection)["result"];
  ASSERT_EQ(2U, both["inputRequests"].size());
  auto const first = both["inputRequests"].begin().key();

  auto& again = client().post(retry(both["requestState"], {{first, accept()}, {"input-2", {{"error", 1}}}}));
  EXPECT_EQ("q", take_heard(child())["id"]);
  auto const rest = body(again)["result"];
  EXPECT_EQ(1U, rest["inputRequests"].size());
  EXPECT_EQ("second", (*rest["inputRequests"].begin())["params"]["message"]);

  auto& last = client().post(retry(rest["requestState"], {{"input-2", accept()}}, 3));
  EXPECT_EQ(8, take_heard(child())["id"]);
  finish();
  EXPECT_EQ("done", body(last)["result"]["content"]);
}

TEST_F(RoundTripsTest, AskInSeveralRounds) {
  auto result = asked(client());
  for (auto round = 2; round <= 10; ++round) {
    auto& again = client().post(retry(result["requestState"], {{result["inputRequests"].begin().key(), accept()}}));
    (void)take_heard(child());
    elicit(round);
    gather();
    result = body(again)["result"];
    ASSERT_EQ("input_required", result["resultType"]) << round;
  }
  auto& last = client().post(retry(result["requestState"], {{result["inputRequests"].begin().key(), accept()}}));
  (void)take_heard(child());
  elicit("once too often");
  gather();
  EXPECT_EQ(true, body(last)["result"]["isError"]);
  EXPECT_EQ("cancel", take_heard(child())["result"]["action"]);
  EXPECT_EQ("notifications/cancelled", take_heard(child())["method"]);
}

TEST_F(RoundTripsTest, AreNotTakenUpWithAnotherState) {
  auto const result = asked(client());
  auto const key = result["inputRequests"].begin().key();
  auto tampered = result["requestState"].get<std::string>();
  tampered.back() = tampered.back() == '0' ? '1' : '0';
  for (auto const& state : {json(tampered), json("x"), json(7)}) {
    EXPECT_EQ(-32602, body(client().post(retry(state, {{key, accept()}})))["error"]["code"]) << state;
  }
  auto other = retry(result["requestState"], {{key, accept()}});
  other["params"]["name"] = "other";
  EXPECT_EQ(-32602, body(client().post(other))["error"]["code"]);
  EXPECT_TRUE(child().heard.empty());

  auto& again = client().post(retry(result["requestState"], {{key, accept()}}));
  EXPECT_EQ(-32602, body(client().post(retry(result["requestState"], {{key, accept()}})))["error"]["code"])
      << "a state is good once";
  (void)take_heard(child());
  finish();
  EXPECT_EQ("done", body(again)["result"]["content"]);
  EXPECT_EQ(-32602, body(client().post(retry(result["requestState"], {{key, accept()}})))["error"]["code"]);
}

TEST_F(RoundTripsTest, AreGivenUpWhenNobodyComesBack) {
  auto const result = asked(client());
  gateway->advance(std::chrono::minutes(10) + seconds(1));
  EXPECT_EQ("cancel", take_heard(child())["result"]["action"]);
  auto const told = take_heard(child());
  EXPECT_EQ("notifications/cancelled", told["method"]);
  EXPECT_EQ(at_child["id"], told["params"]["requestId"]);
  auto& late = client().post(retry(result["requestState"], {{"input-1", accept()}}));
  EXPECT_EQ(-32602, body(late)["error"]["code"]);
}

TEST_F(RoundTripsTest, KeepAnAnswerForTheClientThatIsAway) {
  auto const result = asked(client());
  finish();
  EXPECT_EQ("cancel", take_heard(child())["result"]["action"]);
  auto& again = client().post(retry(result["requestState"], {{"input-1", accept()}}));
  EXPECT_EQ("done", body(again)["result"]["content"]);
}

TEST_F(RoundTripsTest, TellTheClientThatItsChildHasExited) {
  auto const result = asked(client());
  child().die(1);
  gateway->advance(seconds(5));
  shake_hands(*gateway);
  auto& again = client().post(retry(result["requestState"], {{"input-1", accept()}}));
  EXPECT_EQ("child_exited", body(again)["error"]["data"]["reason"]);
}

TEST_F(RoundTripsTest, EndWithAClientThatDisconnectsInALaterRound) {
  auto const result = asked(client());
  auto& again = client().post(retry(result["requestState"], {{"input-1", accept()}}));
  (void)take_heard(child());
  again.close();
  gateway->turn(2);
  EXPECT_EQ("notifications/cancelled", take_heard(child())["method"]);
  elicit("late");
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
}

TEST_F(RoundTripsTest, AskNobodyWhereTheCallsOfTwoAreOpen) {
  auto& one = client().post(call(1, "ask"));
  auto& other = client().post(call(2, "ask"));
  child().heard.clear();
  elicit("q");
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
  gather();
  EXPECT_TRUE(one.answers.empty());
  EXPECT_TRUE(other.answers.empty());
}

TEST_F(RoundTripsTest, AskNobodyElseWhileTheClientIsAway) {
  auto const result = asked(client());
  auto& other = client().post(call(2, "other"));
  (void)take_heard(child());
  elicit("q2");
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
  EXPECT_TRUE(other.answers.empty());
}

TEST_F(RoundTripsTest, AskNobodyElseOnceACallWasGivenUp) {
  (void)asked(client());
  gateway->advance(std::chrono::minutes(10) + seconds(1));
  auto loud = client();
  loud.log_level = "debug";
  for (auto const later : {seconds(0), seconds(120)}) {  // while its id is kept, and when it is not
    gateway->advance(later);
    auto& other = loud.post(call(2, "other"));
    auto const at = json::parse(child().heard.back());
    child().heard.clear();
    elicit("of the call that was given up");
    EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
    say(note("notifications/message", {{"level", "error"}, {"data", "of the same"}}));
    EXPECT_TRUE(other.answers.empty());
    answer(child(), at["id"], {{"content", "other"}});
    gateway->turn(2);
    EXPECT_EQ("other", body(other)["result"]["content"]);
  }
}

TEST_F(RoundTripsTest, GiveLogLinesShortlyAfterAnAnswerToItsClientAlone) {
  config::GatewayConfig config;
  config.auth.tokens = {{.name = "a", .token = config::Secret("token-of-a-0123456789")},
                        {.name = "b", .token = config::Secret("token-of-b-0123456789")}};
  start({service("one")}, config);
  auto loud = client();
  loud.log_level = "debug";
  auto const line = [](std::string const& data) {
    return note("notifications/message", {{"level", "error"}, {"data", data}});
  };
  (void)loud.post(call(1, "first"), {"Authorization: Bearer token-of-a-0123456789"});
  answer(child(), json::parse(child().heard.back())["id"], {{"content", "first"}});
  gateway->turn(2);

  auto& of_b = loud.post(call(2, "second"), {"Authorization: Bearer token-of-b-0123456789"});
  auto const second = json::parse(child().heard.back());
  say(line("of the first"));
  EXPECT_TRUE(of_b.answers.empty());
  gateway->advance(milliseconds(250));
  say(line("of the second"));
  gather();
  ASSERT_EQ(1U, events(of_b).size());
  EXPECT_EQ("of the second", events(of_b)[0]["params"]["data"]);
  answer(child(), second["id"], {{"content", "second"}});
  gateway->turn(2);

  auto& of_b_again = loud.post(call(3, "third"), {"Authorization: Bearer token-of-b-0123456789"});
  say(line("of the third"));
  gather();
  EXPECT_EQ(1U, events(of_b_again).size()) << "its own calls follow each other quickly";
}

TEST_F(RoundTripsTest, AskNobodyElseShortlyAfterAnAnswer) {
  HttpSession session(*gateway, "one");
  (void)session.post(call(1, "first"));
  auto const first = take_heard(child());
  auto& other = client().post(call(2, "ask"));
  child().heard.clear();
  answer(child(), first["id"], {{"content", "first"}});
  elicit("of the first");
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
  EXPECT_TRUE(other.answers.empty());

  gateway->advance(milliseconds(250));
  elicit("q");
  gather();
  EXPECT_EQ("input_required", body(other)["result"]["resultType"]);
}

TEST_F(RoundTripsTest, AskAgainOnceACallThatWasNeverAnsweredIsLongOver) {
  auto one = service("one");
  one.call_timeout = one.call_timeout_max = std::chrono::minutes(2);
  start({one});
  client().post(call(1, "never answered")).close();
  gateway->advance(seconds(70));
  auto const ask = [&] {
    child().heard.clear();
    auto& connection = client().post(call(2, "ask"));
    at_child = take_heard(child());
    elicit("q");
    gather();
    return &connection;
  };
  auto const* const early = ask();
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
  finish();
  EXPECT_EQ("done", body(*early)["result"]["content"]);
  gateway->advance(std::chrono::minutes(2));
  EXPECT_EQ("input_required", body(*ask())["result"]["resultType"]);
}

TEST_F(RoundTripsTest, AreNotForClientsWithSessionsOnASharedChild) {
  HttpSession session(*gateway, "one");
  (void)session.post(call(1, "ask"));
  (void)take_heard(child());
  elicit("q");
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
}

TEST_F(RoundTripsTest, FinishWhileTheServiceIsDrained) {
  auto const result = asked(client());
  std::string told;
  gateway->shard().operate(gateway->directory().find("one")->key, backend::Drain{true},
                           [&](backend::OperationEnd const& end) { told = end.text; });
  EXPECT_EQ(R"({"draining":true,"sessions":0,"calls":1})", told);
  EXPECT_EQ(503, heard(client().post(call(5, "new"))).status);
  auto& again = client().post(retry(result["requestState"], {{"input-1", accept()}}));
  EXPECT_EQ("q", take_heard(child())["id"]);
  finish();
  EXPECT_EQ("done", body(again)["result"]["content"]);
  gateway->advance(seconds(1));
  EXPECT_EQ(503, heard(client().post(retry(result["requestState"], {{"input-1", accept()}}))).status)
      << "nobody is expected back any more";
}

TEST_F(RoundTripsTest, StartAnewWithoutAState) {
  auto message = call(1, "ask");
  message["params"]["inputResponses"] = {{"input-1", accept()}};
  (void)client().post(message);
  EXPECT_FALSE(take_heard(child())["params"].contains("inputResponses"));
}

TEST_F(RoundTripsTest, SendAClientToTheUrlsOfAnError) {
  auto& connection = client().post(call(1, "ask"));
  auto const at = take_heard(child());
  say({{"jsonrpc", "2.0"},
       {"id", at["id"]},
       {"error",
        {{"code", -32042},
         {"message", "sign in"},
         {"data",
          {{"elicitations", {{{"mode", "url"}, {"url", "https://x"}, {"elicitationId", "e"}, {"message", "m"}}}}}}}}});
  auto const result = body(connection)["result"];
  EXPECT_EQ("input_required", result["resultType"]);
  EXPECT_EQ(json({{"mode", "url"}, {"url", "https://x"}, {"message", "m"}}),
            (*result["inputRequests"].begin())["params"]);
}

TEST_F(RoundTripsTest, ReachTheReplicaThatAsked) {
  auto one = service("one");
  one.replicas = 2;
  start({one});
  auto const children = gateway->spawner().alive();
  auto& connection = client().post(call(1, "ask"));
  auto* const asks = children[0]->heard.empty() ? children[1] : children[0];
  auto* const idle = children[0]->heard.empty() ? children[0] : children[1];
  auto const at = take_heard(*asks);
  asks->say(request("q", "elicitation/create", {{"message", "?"}}).dump());
  gateway->turn(2);
  gather();
  auto const result = body(connection)["result"];
  (void)client().post(call(5, "other"));
  (void)client().post(call(6, "other"));
  idle->heard.clear();
  asks->heard.clear();
  (void)client().post(retry(result["requestState"], {{"input-1", accept()}}));
  EXPECT_EQ("q", take_heard(*asks)["id"]);
  EXPECT_TRUE(idle->heard.empty());
}

TEST_F(RoundTripsTest, ReachTheReplicaThatAskedAlsoWhileItIsDown) {
  auto one = service("one");
  one.replicas = 2;
  start({one});
  auto& connection = client().post(call(1, "ask"));
  auto const children = gateway->spawner().alive();
  auto* const asks = children[0]->heard.empty() ? children[1] : children[0];
  auto const at = take_heard(*asks);
  asks->say(request("q", "elicitation/create", {{"message", "?"}}).dump());
  gateway->turn(2);
  gather();
  answer(*asks, at["id"], {{"content", "done"}});
  asks->die(1);
  gateway->turn(2);
  auto& again = client().post(retry(body(connection)["result"]["requestState"], {{"input-1", accept()}}));
  EXPECT_EQ("done", body(again)["result"]["content"]);
}

TEST_F(RoundTripsTest, AskWhoseCallItIsWhereSessionsHaveTheirOwnChild) {
  start({service("one", config::Isolation::Session)});
  auto const ask = [&](ScriptedChild& asks, json id) {
    asks.say(request(std::move(id), "roots/list").dump());
    gateway->turn(2);
    gather();
  };
  auto& one = client().post(call(1, "ask"));
  auto& other = client().post(call(1, "ask"));
  shake_hands(*gateway);
  ASSERT_EQ(3U, gateway->spawner().alive().size()) << "and a spare";
  auto& first = *gateway->spawner().alive()[0];
  auto& second = *gateway->spawner().alive()[1];
  ask(second, "of second");
  ask(first, "of first");
  (void)take_heard(first);
  (void)take_heard(second);
  json const answered{{"input-1", {{"roots", json::array()}}}};
  (void)client().post(retry(body(one)["result"]["requestState"], answered));
  EXPECT_EQ("of first", take_heard(first)["id"]);
  EXPECT_TRUE(second.heard.empty());
  (void)client().post(retry(body(other)["result"]["requestState"], answered));
  EXPECT_EQ("of second", take_heard(second)["id"]);
}

TEST_F(RoundTripsTest, ReplaceAChildThatMayStillBeAtACallOfAClientThatLeft) {
  start({service("one", config::Isolation::Session)});
  auto& leaves = client().post(call(1, "ask"));
  shake_hands(*gateway);
  auto& left = *gateway->spawner().alive().front();
  leaves.close();
  gateway->turn(2);
  (void)client().post(call(1, "ask"));
  EXPECT_EQ(3U, gateway->spawner().started());
  gateway->advance(seconds(1));
  EXPECT_TRUE(left.told_to_stop());
}

TEST_F(RoundTripsTest, MakeRoomForOthersWhereNoChildIsFree) {
  auto one = service("one", config::Isolation::Session);
  one.max_children = 1;
  config::GatewayConfig config;
  config.auth.tokens = {{.name = "a", .token = config::Secret("token-of-a-0123456789")},
                        {.name = "b", .token = config::Secret("token-of-b-0123456789")}};
  start({one}, config);
  auto& asks = client().post(call(1, "ask"), {"Authorization: Bearer token-of-a-0123456789"});
  shake_hands(*gateway);
  at_child = take_heard(child());
  elicit("q");
  gather();
  ASSERT_EQ("input_required", body(asks)["result"]["resultType"]);
  auto& waits = *gateway->spawner().alive().front();
  (void)client().post(call(1, "ask"), {"Authorization: Bearer token-of-b-0123456789"});
  EXPECT_TRUE(waits.told_to_stop()) << "it makes room";
  auto& late = client().post(retry(body(asks)["result"]["requestState"], {{"input-1", accept()}}),
                             {"Authorization: Bearer token-of-a-0123456789"});
  shake_hands(*gateway);
  EXPECT_TRUE(heard(late).status == 503 || body(late).contains("error"));
  EXPECT_TRUE(waits.heard.empty() || waits.heard.front().find("accept") == std::string::npos);
}

TEST_F(RoundTripsTest, AreTakenUpAtTheChildThatAskedAlone) {
  auto one = service("one");
  one.replicas = 2;
  start({one});
  auto const children = gateway->spawner().alive();
  std::vector<json> results;
  for (auto* const each : {children[0], children[1]}) {
    auto& connection = client().post(call(1, "ask"));
    auto* const asks = each->heard.empty() ? (each == children[0] ? children[1] : children[0]) : each;
    (void)take_heard(*asks);
    asks->say(request("q", "roots/list").dump());
    gateway->turn(2);
    gather();
    results.push_back(body(connection)["result"]);
    if (results.size() == 1) (void)client().post(call(9, "keeps the other from being chosen again"));
  }
  children[0]->die(1);
  gateway->turn(2);
  children[1]->heard.clear();
  for (auto const& result : results) {
    (void)client().post(retry(result["requestState"], {{"input-1", {{"roots", json::array()}}}}));
  }
  EXPECT_LE(children[1]->heard.size(), 1U) << "it asked once";
}

TEST_F(RoundTripsTest, LeaveNothingToTheNextClientWhenTheyAreGivenUp) {
  (void)asked(client());
  gateway->advance(std::chrono::minutes(10) + seconds(1));
  child().heard.clear();
  auto loud = client();
  loud.log_level = "debug";
  auto& next = loud.post(call(2, "ask"));
  child().heard.clear();
  elicit("late question of the first");
  say(note("notifications/message", {{"level", "error"}, {"data", "of the first"}}));
  gather();
  EXPECT_EQ(-32601, take_heard(child())["error"]["code"]);
  EXPECT_TRUE(next.answers.empty());
}

TEST_F(RoundTripsTest, LeaveTheClientsListenersWhatItsOtherChildReports) {
  start({service("one", config::Isolation::Session)});
  auto& stream = client().post(request("l", "subscriptions/listen", {{"notifications", {{"toolsListChanged", true}}}}));
  shake_hands(*gateway);
  ASSERT_EQ(1U, events(stream).size());
  auto& other = *gateway->spawner().alive()[1];
  other.say(note("notifications/tools/list_changed").dump());
  gateway->turn(2);
  answer(other, take_heard(other)["id"], {{"tools", {{{"name", "new"}}}}});
  gateway->turn(2);
  ASSERT_EQ(2U, events(stream).size());
  EXPECT_EQ("notifications/tools/list_changed", events(stream)[1]["method"]);
}

TEST_F(RoundTripsTest, NeedNoProcessForEachRequestWhereSessionsHaveTheirOwn) {
  start({service("one", config::Isolation::Session)});
  EXPECT_EQ(0U, gateway->spawner().started());
  (void)client().post(request(1, "server/discover"));
  auto const greeting = json::parse(child().heard.front());
  EXPECT_TRUE(greeting["params"]["capabilities"].contains("sampling"));
  shake_hands(*gateway);
  auto& first = *gateway->spawner().alive().front();
  for (auto id = 1; id < 4; ++id) {
    (void)client().post(call(id, "echo"));
    answer(first, take_heard(first)["id"], json::object());
    gateway->turn(2);
  }
  EXPECT_EQ(2U, gateway->spawner().started()) << "and a spare";
  HttpSession session(*gateway, "one");
  EXPECT_EQ(3U, gateway->spawner().started());
  gateway->advance(std::chrono::minutes(11));
  EXPECT_TRUE(gateway->spawner().alive().front()->told_to_stop()) << "the one that nobody uses";
  EXPECT_FALSE(child().told_to_stop());
}

}  // namespace
}  // namespace gateway::harness
