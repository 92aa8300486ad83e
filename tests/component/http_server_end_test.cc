// How connections end: by limits, by clients that go or do not read, by shutdown.
#include "tests/component/http_server_fixture.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;
using Gone = RequestHandler::Gone;

ServerLimits small_limits() {
  ServerLimits limits;
  limits.head = {.max_head_bytes = 200, .max_target_bytes = 50, .max_fields = 3};
  limits.max_body_bytes = 10;
  return limits;
}

TEST_F(HttpServerTest, RefusesWhatPassesItsLimitsAndCloses) {
  struct {
    std::string request, status;
  } const cases[] = {
      {post("/a", "12345678901"), "413 Content Too Large"},
      {chunked_post("/a", "6\r\n123456\r\n5\r\n"), "413 Content Too Large"},
      {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n",
       "413 Content Too Large"},
      {get("/a", "X: " + std::string(300, 'x') + "\r\n"), "431 Request Header Fields Too Large"},
      {get("/a", "A: 1\r\nB: 2\r\nC: 3\r\n"), "431 Request Header Fields Too Large"},
      {get("/" + std::string(50, 'x')), "414 URI Too Long"},
      {"GET /a HTTP/1.1\nHost: h\n\n", "400 Bad Request"},
      {chunked_post("/a", "x\r\n"), "400 Bad Request"},
      {get("/a", "Expect: more\r\n"), "417 Expectation Failed"},
      {"GET /a HTTP/3.0\r\nHost: h\r\n\r\n", "505 HTTP Version Not Supported"},
  };
  start(small_limits());
  for (auto const& [request, status] : cases) {
    auto client = connect();
    client.send(request);
    EXPECT_TRUE(until_ended(client)) << request;
    EXPECT_TRUE(client.heard().starts_with("HTTP/1.1 " + status + "\r\n")) << client.heard();
    EXPECT_TRUE(client.has_heard("Connection: close\r\n"));
  }
  EXPECT_TRUE(handler.seen.empty());
}

TEST_F(HttpServerTest, LetsAClientReadItsRefusalWhileItStillSends) {
  start(small_limits());
  auto client = connect();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
  std::string const more(10'000, 'x');
  EXPECT_TRUE(until([&] {
    client.send(more);
    client.listen();
    return client.ended();
  }));
  EXPECT_TRUE(client.heard().starts_with("HTTP/1.1 413 ")) << client.heard();
}

TEST_F(HttpServerTest, AnswersWhatCameBeforeABadRequest) {
  start();
  auto client = connect();
  client.send(get("/a") + "BAD\r\n\r\n" + get("/b"));
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.heard().starts_with(ok("/a ") + "HTTP/1.1 400 ")) << client.heard();
  EXPECT_EQ(1U, handler.seen.size());
}

TEST_F(HttpServerTest, GivesUpOnAHeadOrABodyThatDoesNotCome) {
  ServerLimits limits;
  limits.head_timeout = limits.body_timeout = Duration{};
  start(limits);
  for (auto const& unfinished :
       {"GET /a HT"s, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nbod"s, chunked_post("/a", "5\r\nbo")}) {
    auto client = connect();
    client.send(unfinished);
    EXPECT_TRUE(until([&] {
      server->tick();
      client.listen();
      return client.ended();
    }));
    EXPECT_TRUE(client.heard().starts_with("HTTP/1.1 408 ")) << client.heard();
    EXPECT_EQ("408 timeout", probe.last_refusal);
  }
}

TEST_F(HttpServerTest, ClosesAnIdleConnectionWithoutAWord) {
  ServerLimits limits;
  limits.keepalive_timeout = Duration{};
  start(limits);
  auto client = connect();
  client.send(get("/a"));
  ASSERT_TRUE(until_heard(client, ok("/a ")));
  server->tick();
  EXPECT_TRUE(until_ended(client));
  EXPECT_EQ(ok("/a "), client.heard());
}

TEST_F(HttpServerTest, GivesAnAnswerAllTheTimeItTakes) {
  ServerLimits limits;
  limits.head_timeout = limits.body_timeout = limits.keepalive_timeout = Duration{};
  start(limits);
  auto client = connect();
  client.send(get("/later"));
  ASSERT_TRUE(until_seen(1));
  server->tick();
  loop.turn(Duration{});
  handler.answer(open_exchange(), "late");
  EXPECT_TRUE(until_heard(client, ok("late")));
}

TEST_F(HttpServerTest, TellsItsHandlerWhoseClientIsGone) {
  start();
  for (auto const* const path : {"/later", "/stream"}) {
    handler.gone.clear();
    auto client = connect();
    auto const before = handler.seen.size();
    client.send(get(path));
    ASSERT_TRUE(until_seen(before + 1));
    client.close();
    EXPECT_TRUE(until([&] { return !handler.gone.empty(); }));
    ASSERT_EQ(1U, handler.gone.size());
    EXPECT_EQ(handler.seen.size(), handler.gone[0].context);
    EXPECT_EQ(Gone::Client, handler.gone[0].why);
    EXPECT_EQ(nullptr, server->find(handler.last));
  }
  EXPECT_EQ(0U, server->connections());
}

TEST_F(HttpServerTest, TellsNobodyOfAClientThatOwesNothing) {
  start();
  auto client = connect();
  client.send(get("/a"));
  ASSERT_TRUE(until_heard(client, ok("/a ")));
  client.close();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_TRUE(handler.gone.empty());
}

TEST_F(HttpServerTest, ClosesASlowReaderAlone) {
  ServerLimits limits;
  limits.max_queue_bytes = 100'000;
  start(limits);
  auto slow = connect(4096);
  slow.send(get("/stream"));
  ASSERT_TRUE(until_seen(1));
  auto const slow_exchange = handler.last;
  auto quick = connect();
  quick.send(get("/stream"));
  ASSERT_TRUE(until_seen(2));
  auto const quick_exchange = handler.last;

  auto const text = "\"" + std::string(50'000, 'x') + "\"";
  std::string_view const data = text;
  int sent = 0;
  EXPECT_TRUE(until([&] {
    for (auto const id : {slow_exchange, quick_exchange}) {
      if (auto* const exchange = server->find(id)) exchange->send_event({.event = "", .id = {}, .data = {&data, 1}});
    }
    ++sent;
    loop.turn(Duration{});
    quick.listen();
    return probe.slow > 0;
  }));
  ASSERT_EQ(1U, handler.gone.size());
  EXPECT_EQ(Gone::Slow, handler.gone[0].why);
  EXPECT_EQ(1U, handler.gone[0].context);
  EXPECT_NE(nullptr, server->find(quick_exchange));
  EXPECT_TRUE(until([&] {
    quick.listen();
    return quick.heard().size() > static_cast<std::size_t>(sent) * 50'000;
  }));
}

TEST_F(HttpServerTest, ClosesAReaderThatTakesNothingForTooLong) {
  ServerLimits limits;
  limits.write_timeout = Duration{};
  start(limits);
  auto client = connect(4096);
  client.send(get("/later"));
  ASSERT_TRUE(until_seen(1));
  handler.answer(open_exchange(), std::string(8'000'000, 'x'));
  EXPECT_TRUE(until([&] {
    server->tick();
    return server->connections() == 0;
  }));
  EXPECT_EQ(1, probe.slow);
}

TEST_F(HttpServerTest, LetsASlowReaderFinishALargeAnswer) {
  start();
  auto client = connect(4096);
  client.send(get("/later", "Connection: close\r\n"));
  ASSERT_TRUE(until_seen(1));
  handler.answer(open_exchange(), std::string(3'000'000, 'x'));
  EXPECT_TRUE(until_ended(client));
  EXPECT_EQ(3'000'000U, client.heard().size() - client.heard().find("\r\n\r\n") - 4);
}

TEST_F(HttpServerTest, ClosesIdleConnectionsAtOnceAndOthersAfterTheirAnswer) {
  start();
  auto idle = connect();
  idle.send(get("/a"));
  ASSERT_TRUE(until_heard(idle, ok("/a ")));
  auto busy = connect();
  busy.send(get("/later"));
  ASSERT_TRUE(until_seen(2));

  server->close_when_done();
  EXPECT_TRUE(until_ended(idle));
  EXPECT_FALSE(busy.ended());
  handler.answer(open_exchange(), "done");
  EXPECT_TRUE(until_ended(busy));
  EXPECT_TRUE(busy.has_heard("Connection: close\r\n") && busy.heard().ends_with("done"));
  EXPECT_TRUE(handler.gone.empty());
}

TEST_F(HttpServerTest, RefusesConnectionsAboveItsLimit) {
  start({}, 1);
  auto first = connect();
  first.send(get("/a"));
  ASSERT_TRUE(until_heard(first, ok("/a ")));
  auto second = connect();
  EXPECT_TRUE(until_ended(second));
  EXPECT_EQ(1, probe.refused);

  first.close();
  ASSERT_TRUE(until([&] { return server->connections() == 0; }));
  auto third = connect();
  third.send(get("/b"));
  EXPECT_TRUE(until_heard(third, ok("/b ")));
}

TEST_F(HttpServerTest, ForgetsEveryConnectionThatEnded) {
  start();
  for (int i = 0; i < 200; ++i) {
    auto client = connect();
    client.send(get("/later"));
    ASSERT_TRUE(until_seen(static_cast<std::size_t>(i) + 1));
  }
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_EQ(200U, handler.gone.size());
  EXPECT_EQ(probe.opened, probe.closed);
}

}  // namespace
}  // namespace gateway::http
