// Streamable HTTP: what it refuses, and its whole answers.
#include "tests/middle/streamable_fixture.h"

namespace gateway::harness {
namespace {

// ── what is refused ──────────────────────────────────────────────────────────

TEST_F(StreamableTest, RefusesWhatIsNoJsonAndWhoTakesNoAnswer) {
  start({service("one")});
  EXPECT_EQ(415, heard(send("POST /one/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")).status);
  EXPECT_EQ(406, heard(post({"Accept: text/html"}, request(1, "ping"))).status);
  EXPECT_EQ(406, heard(send(http("GET", "/one/mcp", {"Accept: application/json"}))).status);
  EXPECT_EQ(400, heard(send(http("POST", "/one/mcp", {}, "{"))).status);
  EXPECT_EQ(202, heard(post({}, note("notifications/initialized"))).status);
  EXPECT_EQ(202, heard(post({}, note("initialize"))).status);
  EXPECT_EQ(0U, gateway->health().sessions);
}

TEST_F(StreamableTest, RefusesAVersionThatNobodyKnows) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto const id = "Mcp-Session-Id: " + session.token();
  std::string const version = "Mcp-Protocol-Version: 1999-01-01";
  EXPECT_EQ(400, heard(post({id, version}, request(1, "ping"))).status);
  EXPECT_EQ(400, heard(post({version}, request(1, "ping"))).status);
  EXPECT_EQ(400, heard(send(http("GET", "/one/mcp", {id, version}))).status);
  EXPECT_EQ(200, heard(post({id, "Mcp-Protocol-Version: 2025-06-18"}, request(1, "ping"))).status);
}

TEST_F(StreamableTest, NeedsTheSessionThatARequestIsAbout) {
  start({service("one"), service("two")});
  HttpSession session(*gateway, "one");
  EXPECT_EQ(400, heard(send(http("DELETE", "/one/mcp"))).status);
  EXPECT_EQ(405, heard(send(http("GET", "/one/mcp"))).status);
  for (auto const* const method : {"POST", "GET", "DELETE"}) {
    auto const ping = std::string_view(method) == "POST" ? request(1, "ping").dump() : std::string();
    EXPECT_EQ(404, heard(send(http(method, "/one/mcp", {"Mcp-Session-Id: none"}, ping))).status) << method;
    EXPECT_EQ(404, heard(send(http(method, "/two/mcp", {"Mcp-Session-Id: " + session.token()}, ping))).status)
        << method;
  }
  EXPECT_EQ(1U, gateway->health().sessions);
}

TEST_F(StreamableTest, KnowsNoSessionOfAnotherHolder) {
  config::GatewayConfig config;
  config.auth.tokens = {{.name = "a", .token = config::Secret("token-a")},
                        {.name = "b", .token = config::Secret("token-b")}};
  start({service("one")}, config);
  auto const initialize =
      request(0, "initialize", {{"protocolVersion", "2025-11-25"}, {"capabilities", json::object()}});
  auto const id =
      "Mcp-Session-Id: " + heard(post({"Authorization: Bearer token-a"}, initialize)).field("Mcp-Session-Id");
  EXPECT_EQ(404, heard(post({"Authorization: Bearer token-b", id}, request(1, "ping"))).status);
  EXPECT_EQ(200, heard(post({"X-API-Key: token-a", id}, request(1, "ping"))).status);
}

TEST_F(StreamableTest, RefusesMessagesOfASessionThatAreNone) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto const id = "Mcp-Session-Id: " + session.token();
  EXPECT_EQ(400, heard(send(http("POST", "/one/mcp", {id}, "{"))).status);
  EXPECT_EQ(400, heard(session.post(json::array({request(1, "ping")}))).status);
  EXPECT_EQ(200, heard(session.post(request(1, "ping"))).status);
}

TEST_F(StreamableTest, RefusesASessionWhenNoneCanBeOpened) {
  config::GatewayConfig config;
  config.limits.max_sessions = 1;
  start({service("one")}, config);
  HttpSession session(*gateway, "one");
  (void)session.get();
  auto& refused = post({}, request(7, "ping"));
  EXPECT_EQ(503, heard(refused).status);
  EXPECT_EQ(7, body(refused)["id"]);
}

TEST_F(StreamableTest, LetsTheNewerOfTwoStreamsTakeOver) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& first = session.get();
  EXPECT_TRUE(heard(first).is_stream);
  auto& newer = session.get();
  EXPECT_TRUE(heard(first).complete);
  child().say(note("notifications/prompts/list_changed").dump());
  gateway->turn(2);
  EXPECT_TRUE(events(first).empty());
  EXPECT_EQ(1U, events(newer).size());
}

// ── whole answers ────────────────────────────────────────────────────────────

TEST_F(StreamableTest, SaysInTheStatusWhatCouldNotBeAskedOfTheChild) {
  auto one = service("one");
  one.max_calls = 1;
  one.max_queue = 0;
  start({one});
  HttpSession session(*gateway, "one");
  auto& served = post_for_json(session, call(1, "echo"));
  auto& busy = post_for_json(session, call(2, "echo"));
  EXPECT_EQ(503, heard(busy).status);
  child().die(1);
  gateway->turn(2);
  EXPECT_EQ(200, heard(served).status);
  EXPECT_EQ("child_exited", body(served)["error"]["data"]["reason"]);
}

TEST_F(StreamableTest, SaysThatAParameterGivenTwiceIsABadRequest) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client =
      send(http("POST", "/one/mcp", {"Mcp-Session-Id: " + session.token()},
                R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","name":"other"}})"));
  EXPECT_EQ(400, heard(client).status);
  EXPECT_TRUE(child().heard.empty());
}

TEST_F(StreamableTest, AnswersWholeAClientThatTakesNoStream) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client = post_for_json(session, call_with_progress(1));
  auto const asked = take_heard(child());
  progress_of(asked);
  gateway->advance(seconds(30));
  EXPECT_EQ(0, heard(client).status);
  answer_with(asked, "done");
  EXPECT_FALSE(heard(client).is_stream);
  EXPECT_EQ("done", body(client)["result"]["content"]);
}

TEST_F(StreamableTest, AnswersWithAStreamAClientThatTakesNothingElse) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client = post({"Mcp-Session-Id: " + session.token(), "Accept: text/event-stream"}, call(1, "echo"));
  answer_with(take_heard(child()), "done");
  EXPECT_TRUE(heard(client).is_stream);
  EXPECT_TRUE(heard(client).complete);
  EXPECT_EQ("done", body(client)["result"]["content"]);
}

TEST_F(StreamableTest, TellsAClientThatTakesNoStreamThatItsCallWasTakenBack) {
  start({service("one")});
  HttpSession session(*gateway, "one");
  auto& client = post_for_json(session, call(1, "echo"));
  (void)session.post(note("notifications/cancelled", {{"requestId", 1}}));
  EXPECT_EQ(200, heard(client).status);
  EXPECT_EQ("the request was cancelled", body(client)["error"]["message"]);
}

TEST_F(StreamableTest, SaysInPlaceOfAnEventThatItIsTooLargeForItsClient) {
  config::GatewayConfig config;
  config.limits.sse_event_limits = {{"small", 2048}};
  start({service("one")}, config);
  HttpSession session(*gateway, "one", "2025-11-25", {"User-Agent: small/1"});
  auto& client = session.post(call_with_progress(1));
  auto const asked = take_heard(child());
  progress_of(asked);
  answer_with(asked, std::string(4096, 'x'));
  ASSERT_EQ(2U, events(client).size());
  EXPECT_EQ("result_too_large_for_client", events(client)[1]["error"]["data"]["reason"]);
}

// ── calls of no session ──────────────────────────────────────────────────────

TEST_F(StreamableTest, StreamsToACallOfNoSessionWithoutIds) {
  start({service("one")});
  auto& client = post({}, call_with_progress(1));
  auto const asked = take_heard(child());
  progress_of(asked);
  answer_with(asked, "done");
  ASSERT_EQ(2U, heard(client).events.size());
  EXPECT_EQ("", last_id(client));
  EXPECT_TRUE(heard(client).complete);
  EXPECT_EQ(0U, gateway->health().sessions);
}

TEST_F(StreamableTest, TakesBackTheCallOfNoSessionWhoseClientLeaves) {
  start({service("one")});
  auto& client = post({}, call(1, "echo"));
  (void)take_heard(child());
  client.close();
  gateway->turn(2);
  EXPECT_EQ("notifications/cancelled", take_heard(child())["method"]);
  EXPECT_EQ(0U, gateway->sessions().taken());
}

TEST_F(StreamableTest, EndsASessionWhoseClientLeftBeforeItKnewItsId) {
  start({service("one", config::Isolation::Session)});
  auto& client =
      post({}, request(0, "initialize", {{"protocolVersion", "2025-11-25"}, {"capabilities", json::object()}}));
  EXPECT_EQ(1U, gateway->health().sessions);
  client.close();
  gateway->turn(2);
  EXPECT_EQ(0U, gateway->sessions().taken());
}

TEST_F(StreamableTest, EndsASessionThatCouldNotBeInitialized) {
  start({service("one", config::Isolation::Session)});
  auto& client =
      post({}, request(0, "initialize", {{"protocolVersion", "2025-11-25"}, {"capabilities", json::object()}}));
  child().die(1);
  gateway->turn(2);
  EXPECT_TRUE(body(client).contains("error"));
  EXPECT_EQ("", heard(client).field("Mcp-Session-Id"));
  EXPECT_EQ(0U, gateway->sessions().taken());
}

}  // namespace
}  // namespace gateway::harness
