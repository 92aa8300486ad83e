// The legacy transport, whose stream is the session: what it refuses, how it ends.
#include <fmt/format.h>

#include "tests/middle/middle_test.h"

namespace gateway::harness {
namespace {

class LegacySseTest : public MiddleTest {
 protected:
  TestClient& open(std::string_view path, std::initializer_list<std::string> fields = {}) {
    return send(http("GET", path, fields));
  }
  /// Where its messages go, as its stream says first.
  static std::string endpoint(TestClient const& stream) {
    return heard(stream).events.empty() ? std::string() : heard(stream).events.front().data;
  }
  /// The event after that.
  static json message(TestClient const& stream) {
    auto const& events = heard(stream).events;
    EXPECT_EQ(2U, events.size());
    return events.size() < 2 ? json() : json::parse(events[1].data);
  }
  double ended(std::string_view reason) {
    return gateway
        ->metric(
            fmt::format(R"(mcp_gateway_sessions_closed_total{{reason="{}",server="one",transport="sse"}})", reason))
        .value_or(-1);
  }
};

TEST_F(LegacySseTest, RefusesAClientThatTakesNoStream) {
  start({service("one")});
  EXPECT_EQ(406, heard(open("/one/sse", {"Accept: application/json"})).status);
  EXPECT_EQ(0U, gateway->health().sessions);
}

TEST_F(LegacySseTest, RefusesAStreamWhenNoSessionCanBeOpened) {
  config::GatewayConfig config;
  config.limits.max_sessions = 1;
  start({service("one")}, config);
  auto& first = open("/one/sse");
  auto& second = open("/one/sse");
  EXPECT_EQ(503, heard(second).status);
  first.close();
  gateway->turn(2);
  EXPECT_TRUE(heard(open("/one/sse")).is_stream);
}

TEST_F(LegacySseTest, NamesItsEndpointRelativeToTheStreamsPath) {
  start({service("one")});
  EXPECT_TRUE(endpoint(open("/one/sse")).starts_with("messages?sessionId="));
  EXPECT_TRUE(endpoint(open("/one/sse/")).starts_with("../messages?sessionId="));
}

TEST_F(LegacySseTest, PutsTheBasePathBeforeItsEndpoint) {
  config::GatewayConfig config;
  config.base_path = "/tools";
  start({service("one")}, config);
  EXPECT_TRUE(endpoint(open("/one/sse")).starts_with("/tools/one/messages?sessionId="));
  EXPECT_TRUE(endpoint(open("/servers/one/sse/")).starts_with("/tools/servers/one/messages?sessionId="));
}

TEST_F(LegacySseTest, TakesAMessageWhereverItsSessionIsMeant) {
  start({service("one")});
  auto const query = endpoint(open("/one/sse")).substr(std::string("messages").size());
  auto const ping = note("notifications/ping").dump();
  for (auto const* const path : {"/one/messages", "/one/message", "/servers/one/messages", "/messages"}) {
    EXPECT_EQ(202, heard(send(http("POST", path + query, {}, ping))).status) << path;
  }
}

TEST_F(LegacySseTest, KnowsNoSessionButItsOwn) {
  start({service("one"), service("two")});
  auto const query = endpoint(open("/one/sse")).substr(std::string("messages").size());
  HttpSession streamable(*gateway, "one");
  auto const ping = request(1, "ping").dump();
  EXPECT_EQ(400, heard(send(http("POST", "/one/messages", {}, ping))).status);
  EXPECT_EQ(400, heard(send(http("POST", "/one/messages?sessionId=", {}, ping))).status);
  EXPECT_EQ(404, heard(send(http("POST", "/one/messages?sessionId=none", {}, ping))).status);
  EXPECT_EQ(404, heard(send(http("POST", "/two/messages" + query, {}, ping))).status);
  auto& of_streamable = send(http("POST", "/one/messages?sessionId=" + streamable.token(), {}, ping));
  EXPECT_EQ(404, heard(of_streamable).status);
  EXPECT_EQ(-32001, body(of_streamable)["error"]["code"]);
}

TEST_F(LegacySseTest, KnowsNoSessionOfAnotherHolder) {
  config::GatewayConfig config;
  config.auth.tokens = {{.name = "a", .token = config::Secret("token-a")},
                        {.name = "b", .token = config::Secret("token-b")}};
  start({service("one")}, config);
  auto const path = "/one/" + endpoint(open("/one/sse", {"Authorization: Bearer token-a"}));
  auto const ping = request(1, "ping").dump();
  EXPECT_EQ(404, heard(send(http("POST", path, {"Authorization: Bearer token-b"}, ping))).status);
  EXPECT_EQ(401, heard(send(http("POST", path, {}, ping))).status);
  EXPECT_EQ(202, heard(send(http("POST", path, {"Authorization: Bearer token-a"}, ping))).status);
}

TEST_F(LegacySseTest, RefusesAMessageThatIsNoneAndServesTheNext) {
  start({service("one")});
  auto& stream = open("/one/sse");
  auto const path = "/one/" + endpoint(stream);
  EXPECT_EQ(415, heard(send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")).status);
  EXPECT_EQ(400, heard(send(http("POST", path, {}, "{"))).status);
  EXPECT_EQ(400, heard(send(http("POST", path, {}, "[]"))).status);
  EXPECT_EQ(202, heard(send(http("POST", path, {}, request(1, "ping").dump()))).status);
  EXPECT_EQ(1, message(stream)["id"]);
}

TEST_F(LegacySseTest, ServesNothingButPostsAtItsEndpoint) {
  start({service("one")});
  auto& stream = open("/one/sse");
  auto& client = open("/one/" + endpoint(stream));
  EXPECT_EQ(405, heard(client).status);
  EXPECT_EQ("POST", heard(client).field("Allow"));
}

TEST_F(LegacySseTest, SaysInPlaceOfAnAnswerThatItIsTooLargeForItsClient) {
  config::GatewayConfig config;
  config.limits.sse_event_limits = {{"small", 2048}};
  start({service("one")}, config);
  auto& stream = open("/one/sse", {"User-Agent: small/1"});
  (void)send(http("POST", "/one/" + endpoint(stream), {}, call(1, "echo").dump()));
  answer(child(), take_heard(child())["id"], {{"content", std::string(4096, 'x')}});
  gateway->turn(2);
  EXPECT_EQ(1, message(stream)["id"]);
  EXPECT_EQ("result_too_large_for_client", message(stream)["error"]["data"]["reason"]);
  auto& other = open("/one/sse", {"User-Agent: other/1"});
  (void)send(http("POST", "/one/" + endpoint(other), {}, call(1, "echo").dump()));
  answer(child(), take_heard(child())["id"], {{"content", std::string(4096, 'x')}});
  gateway->turn(2);
  EXPECT_EQ(4096U, message(other)["result"]["content"].get<std::string>().size());
}

TEST_F(LegacySseTest, SendsWhatComesDuringACallDownTheStream) {
  start({service("one")});
  auto& stream = open("/one/sse");
  auto message_of_it = call(7, "echo");
  message_of_it["params"]["_meta"]["progressToken"] = "mine";
  (void)send(http("POST", "/one/" + endpoint(stream), {}, message_of_it.dump()));
  auto const asked = take_heard(child());
  child().say(note("notifications/progress", {{"progressToken", asked["id"]}, {"progress", 1}}).dump());
  gateway->turn(2);
  EXPECT_EQ("mine", message(stream)["params"]["progressToken"]);
}

TEST_F(LegacySseTest, AsksItsClientAndTakesTheAnswer) {
  start({service("one", config::Isolation::Session)});
  SseSession session(*gateway, "one");
  (void)session.post(request(1, "initialize", {{"protocolVersion", "2024-11-05"}}));
  shake_hands(*gateway);
  (void)session.post(note("notifications/initialized"));
  shake_hands(*gateway);
  child().heard.clear();
  child().say(request("q", "sampling/createMessage").dump());
  gateway->turn(2);
  ASSERT_EQ(2U, session.heard().size());
  auto const asked = session.heard()[1];
  EXPECT_EQ("sampling/createMessage", asked["method"]);
  (void)session.post({{"jsonrpc", "2.0"}, {"id", asked["id"]}, {"result", {{"who", "me"}}}});
  auto const answered = take_heard(child());
  EXPECT_EQ("q", answered["id"]);
  EXPECT_EQ("me", answered["result"]["who"]);
}

TEST_F(LegacySseTest, TakesTheCallsOfAClientThatLeavesBack) {
  start({service("one")});
  auto& stream = open("/one/sse");
  (void)send(http("POST", "/one/" + endpoint(stream), {}, call(1, "echo").dump()));
  auto const asked = take_heard(child());
  stream.close();
  gateway->turn(2);
  auto const cancel = take_heard(child());
  EXPECT_EQ("notifications/cancelled", cancel["method"]);
  EXPECT_EQ(asked["id"], cancel["params"]["requestId"]);
  EXPECT_EQ(1, ended("client"));
  EXPECT_EQ(0U, gateway->sessions().taken());
}

TEST_F(LegacySseTest, EndsTheSessionOfAClientThatStallsForTooLong) {
  start({service("one")});
  auto& stream = gateway->connect(4096);
  stream.send(http("GET", "/one/sse"));
  gateway->turn(2);
  stream.reads = false;
  (void)send(http("POST", "/one/" + endpoint(stream), {}, call(1, "echo").dump()));
  answer(child(), take_heard(child())["id"], {{"content", std::string(1'000'000, 'x')}});
  gateway->turn(2);
  gateway->advance(seconds(29));
  EXPECT_EQ(1U, gateway->health().sessions);
  gateway->advance(seconds(3));
  EXPECT_EQ(0U, gateway->health().sessions);
  EXPECT_EQ(1, ended("slow"));
}

TEST_F(LegacySseTest, CompletesTheStreamsWhenTheGatewayStops) {
  start({service("one")});
  auto& stream = open("/one/sse");
  gateway->shard().drain();
  gateway->shard().stop();
  gateway->turn(2);
  EXPECT_TRUE(heard(stream).complete);
  EXPECT_TRUE(stream.closed());
  EXPECT_EQ(1, ended("drain"));
}

}  // namespace
}  // namespace gateway::harness
