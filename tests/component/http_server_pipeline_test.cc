// What a client sends behind a request that is answered by an open stream.
#include "tests/component/http_server_fixture.h"

namespace gateway::http {
namespace {

using SeenInTurn = std::vector<std::string>;

class PipelinedBehindAStream : public HttpServerTest {
 protected:
  /// A client with an open stream and `behind` sent after it, in one piece.
  fakes::RawClient stream_with(std::string const& behind) {
    start();
    auto client = connect();
    client.send(get("/stream") + behind);
    EXPECT_TRUE(until_seen(1));
    for (int i = 0; i < 5; ++i) loop.turn(Duration{});
    return client;
  }

  void send_event(std::string_view data) {
    open_exchange().send_event({.event = "message", .id = {}, .data = {&data, 1}});
  }
};

TEST_F(PipelinedBehindAStream, RequestsAreServedInTheirOrderWhenItEnds) {
  auto client =
      stream_with(get("/a") + post("/b", "body") + get("/later") + chunked_post("/c", "2\r\nhi\r\n0\r\n\r\n"));
  EXPECT_EQ((SeenInTurn{"/stream "}), handler.seen);
  send_event("{}");
  ASSERT_TRUE(until_heard(client, "data: {}\n\n\r\n"));
  EXPECT_EQ((SeenInTurn{"/stream "}), handler.seen);

  open_exchange().end_stream(StreamEnd::Done);
  ASSERT_TRUE(until_seen(4));
  EXPECT_EQ((SeenInTurn{"/stream ", "/a ", "/b body", "/later "}), handler.seen);
  handler.answer(open_exchange(), "late");
  EXPECT_TRUE(until_heard(client, "0\r\n\r\n" + ok("/a ") + ok("/b body") + ok("late") + ok("/c hi")));
}

TEST_F(PipelinedBehindAStream, AnotherStreamBeginsWhenItEnds) {
  auto client = stream_with(get("/stream") + get("/a"));
  auto const first = handler.last;
  open_exchange().end_stream(StreamEnd::Done);
  ASSERT_TRUE(until_seen(2));
  EXPECT_NE(first, handler.last);
  EXPECT_EQ(nullptr, server->find(first));
  send_event("second");
  ASSERT_TRUE(until_heard(client, "data: second\n\n\r\n"));
  open_exchange().end_stream(StreamEnd::Done);
  EXPECT_TRUE(until_heard(client, "0\r\n\r\n" + ok("/a ")));
}

TEST_F(PipelinedBehindAStream, ABadRequestIsRefusedWhenItEnds) {
  auto client = stream_with(get("/a") + "BAD\r\n\r\n" + get("/b"));
  open_exchange().end_stream(StreamEnd::Done);
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.has_heard("0\r\n\r\n" + ok("/a ") + "HTTP/1.1 400 ")) << client.heard();
  EXPECT_EQ((SeenInTurn{"/stream ", "/a "}), handler.seen);
}

TEST_F(PipelinedBehindAStream, NothingIsServedOfAClientThatIsGone) {
  auto client = stream_with(get("/a"));
  client.close();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_EQ((SeenInTurn{"/stream "}), handler.seen);
  EXPECT_EQ(1U, handler.gone.size());
}

TEST_F(PipelinedBehindAStream, TooMuchIsNotReadBeforeItEnds) {
  auto client = stream_with("");
  auto const one = post("/x", std::string(100'000, 'y'));
  std::string rest;
  std::size_t requests = 0;
  // What the system buffers is bounded, so what is not read cannot be sent.
  constexpr std::size_t kUnbounded = 1000;
  for (int idle_turns = 0; idle_turns < 20 && requests < kUnbounded;) {
    if (rest.empty()) {
      rest = one;
      ++requests;
    }
    auto const sent = client.send(rest);
    rest.erase(0, sent);
    loop.turn(Duration{});
    idle_turns = sent == 0 ? idle_turns + 1 : 0;
  }
  ASSERT_LT(requests, kUnbounded);
  send_event("still here");
  EXPECT_TRUE(until_heard(client, "data: still here\n\n\r\n"));
  EXPECT_EQ(1U, handler.seen.size());

  open_exchange().end_stream(StreamEnd::Done);
  EXPECT_TRUE(until([&] {
    rest.erase(0, client.send(rest));
    client.listen();
    return handler.seen.size() == 1 + requests;
  }));
}

}  // namespace
}  // namespace gateway::http
