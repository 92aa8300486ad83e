#include <algorithm>
#include <chrono>

#include "tests/component/http_server_fixture.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;
using Seen = std::vector<std::string>;

TEST_F(HttpServerTest, AnswersRequestAfterRequestOnOneConnection) {
  start();
  auto client = connect();
  for (auto const* const path : {"/a", "/b", "/c"}) {
    client.send(get(path));
    EXPECT_TRUE(until_heard(client, path + " "s));
  }
  EXPECT_EQ(ok("/a ") + ok("/b ") + ok("/c "), client.heard());
  EXPECT_EQ(1, probe.opened);
}

TEST_F(HttpServerTest, AnswersTheFirstOfVeryManyRequestsBeforeTheTurnEnds) {
  start();
  constexpr std::size_t kClients = 4 * io::EventLoop::kMany;
  constexpr std::size_t kAtLeast = kClients - io::EventLoop::kMany;
  std::vector<fakes::RawClient> clients;
  while (clients.size() < kClients) clients.push_back(connect());
  std::size_t answered = 0;
  // The loop takes more events a turn the more there were; so the first rounds are spread over several turns.
  for (std::size_t round = 1; round <= 5; ++round) {
    for (auto& client : clients) client.send(get("/a"));
    handler.on_request_do = [&] {
      if (handler.seen.size() < round * kClients) return;
      auto const has_answer = [&](auto const& client) { return client.heard().size() >= round * ok("/a ").size(); };
      // What was sent within this turn is there soon, and perhaps not at once.
      auto const end = std::chrono::steady_clock::now() + fakes::kPatience;
      do {
        for (auto& client : clients) client.listen();
        answered = static_cast<std::size_t>(std::ranges::count_if(clients, has_answer));
      } while (answered < kAtLeast && std::chrono::steady_clock::now() < end);
    };
    ASSERT_TRUE(until_seen(round * kClients));
  }
  EXPECT_GE(answered, kAtLeast);
}

TEST_F(HttpServerTest, GivesAClientsOwnRequestIdBackAndMakesOneForTheOthers) {
  start();
  auto client = connect();
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: 3f2a.B_c-9\r\n\r\n" + get("/b"));
  client.send("GET /c HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: not one\r\n\r\n");
  EXPECT_TRUE(until_heard(client, ok("/c ")));
  auto const& ids = client.request_ids();
  ASSERT_EQ(3U, ids.size());
  EXPECT_EQ("3f2a.B_c-9", ids[0]);
  EXPECT_EQ(15U, ids[1].size());
  EXPECT_EQ(15U, ids[2].size());
  EXPECT_NE(ids[1], ids[2]);
}

TEST_F(HttpServerTest, AnswersWithARequestIdAlsoWhatItRefusesAndWhatItStreams) {
  start();
  auto client = connect();
  client.send("GET /stream HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n");
  ASSERT_TRUE(until_seen(1));
  EXPECT_TRUE(until_heard(client, "text/event-stream"));
  EXPECT_EQ(std::vector<std::string>{"mine"}, client.request_ids());

  auto broken = connect();
  broken.send("GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(until_heard(broken, "HTTP/1.1 400 "));
  EXPECT_EQ(1U, broken.request_ids().size());
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInTheirOrder) {
  start();
  auto client = connect();
  std::string requests, answers;
  for (int i = 0; i < 100; ++i) {
    requests += post("/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
    answers += ok("/" + std::to_string(i) + " " + std::string(static_cast<std::size_t>(i), 'x'));
  }
  client.send(requests);
  EXPECT_TRUE(until_heard(client, answers));
  EXPECT_EQ(answers, client.heard());
}

TEST_F(HttpServerTest, LetsAPipelinedRequestWaitForTheAnswerBeforeIt) {
  start();
  auto client = connect();
  client.send(get("/later") + get("/next"));
  ASSERT_TRUE(until_seen(1));
  loop.turn(Duration{});
  EXPECT_EQ((Seen{"/later "}), handler.seen);

  handler.answer(open_exchange(), "first");
  EXPECT_TRUE(until_heard(client, ok("first") + ok("/next ")));
}

TEST_F(HttpServerTest, KeepsManyRequestsThatAreSentAhead) {
  start();
  auto client = connect();
  client.send(get("/later"));
  ASSERT_TRUE(until_seen(1));
  std::string ahead;
  while (ahead.size() < 300'000) ahead += post("/x", std::string(1000, 'y'));
  std::size_t sent = 0;
  for (int i = 0; i < 50; ++i) {
    sent += client.send(std::string_view(ahead).substr(sent));
    loop.turn(Duration{});
  }
  EXPECT_EQ(1U, handler.seen.size());

  handler.answer(open_exchange(), "first");
  auto const count = 1 + ahead.size() / post("/x", std::string(1000, 'y')).size();
  EXPECT_TRUE(until([&] {
    sent += client.send(std::string_view(ahead).substr(sent));
    client.listen();
    return handler.seen.size() == count;
  }));
}

TEST_F(HttpServerTest, ReadsRequestsThatComeByteByByte) {
  start();
  auto client = connect();
  for (auto const c :
       post("/a", "body") + chunked_post("/b", "2;x=y\r\nbo\r\n2\r\ndy\r\n0\r\nT: v\r\n\r\n") + get("/c")) {
    client.send({&c, 1});
    loop.turn(Duration{});
  }
  EXPECT_TRUE(until_heard(client, ok("/a body") + ok("/b body") + ok("/c ")));
}

TEST_F(HttpServerTest, ReadsAChunkedBodyAndTheRequestBehindIt) {
  start();
  auto client = connect();
  client.send(chunked_post("/a", "5\r\nhello\r\n0\r\n\r\n") + get("/b"));
  EXPECT_TRUE(until_heard(client, ok("/a hello") + ok("/b ")));
}

TEST_F(HttpServerTest, ReadsALargeBody) {
  start();
  auto client = connect();
  auto const request = post("/a", std::string(3'000'000, 'x'));
  std::size_t sent = 0;
  EXPECT_TRUE(until([&] {
    sent += client.send(std::string_view(request).substr(sent));
    return !handler.seen.empty();
  }));
  EXPECT_EQ(3'000'003U, handler.seen.at(0).size());
}

TEST_F(HttpServerTest, TellsAClientThatWaitsToGoOn) {
  start();
  auto client = connect();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(until_heard(client, "HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("body");
  EXPECT_TRUE(until_heard(client, ok("/a body")));
}

TEST_F(HttpServerTest, TellsNobodyToGoOnWhoseBodyIsThere) {
  start();
  auto client = connect();
  client.send(post("/a", "body", "Expect: 100-continue\r\n"));
  EXPECT_TRUE(until_heard(client, ok("/a body")));
  EXPECT_EQ(ok("/a body"), client.heard());
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  auto client = connect();
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + get("/b"));
  ASSERT_TRUE(until_heard(client, ok("/b ")));
  EXPECT_EQ((Seen{"/a ", "/b "}), handler.seen);
  EXPECT_TRUE(client.has_heard("Content-Length: 3\r\n\r\nHTTP/1.1"));
  EXPECT_FALSE(client.has_heard("/a "));
}

TEST_F(HttpServerTest, ClosesAfterItsAnswerToAnOlderClient) {
  start();
  auto client = connect();
  client.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.has_heard("Connection: close\r\n") && client.heard().ends_with("/a "));
}

TEST_F(HttpServerTest, ClosesAfterTheAnswerWhereTheClientSaysSo) {
  start();
  auto client = connect();
  client.send(get("/a", "Connection: close\r\n") + get("/b"));
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.has_heard("Connection: close\r\n"));
  EXPECT_EQ((Seen{"/a "}), handler.seen);
}

TEST_F(HttpServerTest, StreamsEventsAndUsesTheConnectionAgain) {
  start();
  auto client = connect();
  client.send(get("/stream"));
  ASSERT_TRUE(until_seen(1));
  std::string_view const data = "{}";
  open_exchange().send_event({.event = "message", .id = {}, .data = {&data, 1}});
  ASSERT_TRUE(until_heard(client, "19\r\nevent: message\ndata: {}\n\n\r\n"));
  open_exchange().end_stream(StreamEnd::Done);
  client.send(get("/a"));
  EXPECT_TRUE(until_heard(client, "0\r\n\r\n" + ok("/a ")));
}

TEST_F(HttpServerTest, SendsALargeEventBeforeTheTurnEndsAndWhatFollowsBehindIt) {
  start();
  auto client = connect();
  client.send(get("/stream"));
  ASSERT_TRUE(until_heard(client, "\r\n\r\n"));
  std::string const large(10'000, 'x');
  for (std::string_view const data : {std::string_view(large), std::string_view("2"), std::string_view(large)}) {
    open_exchange().send_event({.event = {}, .data = {&data, 1}});
  }
  auto const first = "2718\r\ndata: " + large + "\n\n\r\n";
  while (!client.has_heard(first) && client.await()) {
  }
  EXPECT_TRUE(client.heard().ends_with(first));
  EXPECT_TRUE(until_heard(client, large + "\n\n\r\n9\r\ndata: 2\n\n\r\n2718\r\ndata: " + large + "\n\n\r\n"));
}

TEST_F(HttpServerTest, SendsAnEventThatTheSocketDoesNotTakeAtOnceWholeAndInItsPlace) {
  start();
  auto client = connect(4096);
  client.send(get("/stream"));
  ASSERT_TRUE(until_heard(client, "\r\n\r\n"));
  std::string const large(8'000'000, 'x');
  for (std::string_view const data : {std::string_view(large), std::string_view("after")}) {
    open_exchange().send_event({.event = {}, .data = {&data, 1}});
  }
  EXPECT_GT(open_exchange().queued(), 0U);
  EXPECT_TRUE(until_heard(client, large + "\n\n\r\nd\r\ndata: after\n\n\r\n"));
}

TEST_F(HttpServerTest, SaysAtTheEndOfTheTurnThatTheClientOfAnEventIsGone) {
  start();
  auto client = connect();
  client.send(get("/stream"));
  ASSERT_TRUE(until_heard(client, "\r\n\r\n"));
  std::string const large(10'000, 'x');
  std::string_view const data = large;
  open_exchange().send_event({.event = "message", .id = {}, .data = {&data, 1}});
  client.close();  // with something unread: its socket answers with a reset from now on
  auto& stream = open_exchange();
  for (auto i = 0; i < 3; ++i) stream.send_event({.event = "message", .id = {}, .data = {&data, 1}});
  EXPECT_TRUE(handler.gone.empty());
  EXPECT_TRUE(until([&] { return handler.gone.size() == 1; }));
}

TEST_F(HttpServerTest, EndsTheStreamOfAnOlderClientWithItsConnection) {
  start();
  auto client = connect();
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(until_seen(1));
  open_exchange().send_comment("here");
  open_exchange().end_stream(StreamEnd::Done);
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.heard().ends_with("\r\n\r\n: here\n\n")) << client.heard();
}

TEST_F(HttpServerTest, SendsACommentOnAStreamThatIsSilentForLong) {
  ServerLimits limits;
  limits.sse_keepalive = milliseconds(1);
  start(limits);
  auto client = connect();
  client.send(get("/stream"));
  EXPECT_TRUE(until([&] {
    server->tick();
    client.listen();
    return client.has_heard("8\r\n: ping\n\n\r\n");
  }));
  EXPECT_TRUE(handler.gone.empty());
}

TEST_F(HttpServerTest, FindsAnExchangeUntilItIsAnswered) {
  start();
  auto client = connect();
  client.send(get("/later"));
  ASSERT_TRUE(until_seen(1));
  auto const id = handler.last;
  ASSERT_NE(nullptr, server->find(id));
  handler.answer(open_exchange(), "x");
  EXPECT_EQ(nullptr, server->find(id));
  EXPECT_EQ(nullptr, server->find(ExchangeId{}));
}

}  // namespace
}  // namespace gateway::http
