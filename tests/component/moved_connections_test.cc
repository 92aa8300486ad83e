// Connections that go from one http::Server to another between two requests.
#include <map>

#include "tests/component/http_server_fixture.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;

/// Two servers on loops of their own, turned in turn by the test. Paths that begin
/// with /a are served by the first, with /b by the second, others where they are.
class MovedConnectionsTest : public ::testing::Test {
 protected:
  class Side final : public Mover {
   public:
    Side(std::size_t number, ServerLimits const& limits, Allowance& allowance)
        : server(loop, limits, allowance, handler, probe), number_(number) {
      server.set_mover(*this, true);
      port = fakes::listen_on_loopback(server);
    }

    [[nodiscard]] std::optional<std::size_t> elsewhere(RequestHead const& head, ListenerTag) override {
      std::size_t const home = head.path.starts_with("/a") ? 0 : head.path.starts_with("/b") ? 1 : number_;
      return home == number_ ? std::nullopt : std::optional(home);
    }
    void move(std::size_t, MovedConnection connection) override { sent.push_back(std::move(connection)); }
    void pass(Process, MovedConnection) override {}

    io::EventLoop loop;
    TinyHandler handler;
    CountingProbe probe;
    Server server;
    std::uint16_t port = 0;
    std::vector<MovedConnection> sent;

   private:
    std::size_t number_;
  };

  void start(ServerLimits limits = {}, std::size_t max_connections = 100) {
    allowance = std::make_unique<Allowance>(max_connections);
    for (std::size_t i = 0; i < 2; ++i) sides[i] = std::make_unique<Side>(i, limits, *allowance);
  }

  /// What the mailboxes do in the program.
  void deliver() {
    for (std::size_t i = 0; i < 2; ++i) {
      for (auto& connection : std::exchange(sides[i]->sent, {})) {
        ++moves;
        sides[1 - i]->server.adopt(std::move(connection));
      }
    }
  }
  bool until(auto predicate) {
    return fakes::turn_until(sides[0]->loop, [&] {
      sides[1]->loop.turn(Duration{});
      deliver();
      return predicate();
    });
  }
  bool until_heard(fakes::RawClient& client, std::string_view text) {
    auto const heard = until([&] {
      client.listen();
      return client.has_heard(text);
    });
    if (!heard) ADD_FAILURE() << "heard only: " << client.heard();
    return heard;
  }
  bool until_ended(fakes::RawClient& client) {
    return until([&] {
      client.listen();
      return client.ended();
    });
  }
  Side& a() { return *sides[0]; }
  Side& b() { return *sides[1]; }

  std::unique_ptr<Allowance> allowance;
  std::unique_ptr<Side> sides[2];
  int moves = 0;
};

TEST_F(MovedConnectionsTest, AreServedWhereTheirRequestBelongs) {
  start();
  fakes::RawClient client(a().port);
  client.send(post("/b", "body"));
  EXPECT_TRUE(until_heard(client, ok("/b body")));
  EXPECT_TRUE(a().handler.seen.empty());
  EXPECT_EQ(1, moves);
  EXPECT_EQ(0U, a().server.connections());
  EXPECT_EQ(1U, b().server.connections());
}

TEST_F(MovedConnectionsTest, StayForARequestThatAnybodyAnswers) {
  start();
  fakes::RawClient client(b().port);
  client.send(get("/x"));
  EXPECT_TRUE(until_heard(client, ok("/x ")));
  EXPECT_EQ(0, moves);
}

TEST_F(MovedConnectionsTest, MoveAgainWithEachRequestThatBelongsElsewhere) {
  start();
  fakes::RawClient client(a().port);
  std::string answers;
  for (auto const* const path : {"/b1", "/a2", "/b3", "/b4", "/x5", "/a6"}) {
    client.send(post(path, "!"));
    answers += ok(path + " !"s);
    ASSERT_TRUE(until_heard(client, answers));
  }
  EXPECT_EQ(answers, client.heard());
  EXPECT_EQ(4, moves);
}

TEST_F(MovedConnectionsTest, TakePipelinedRequestsWithThemInTheirOrder) {
  start();
  fakes::RawClient client(a().port);
  std::string requests, answers;
  for (int i = 0; i < 100; ++i) {
    auto const path = (i % 3 == 0 ? "/a" : "/b") + std::to_string(i);
    auto const body = std::string(static_cast<std::size_t>(i * 7), 'x');
    requests += i % 2 == 0 ? post(path, body) : chunked_post(path, "3\r\nabc\r\n0\r\n\r\n");
    answers += ok(path + " " + (i % 2 == 0 ? body : "abc"));
  }
  client.send(requests);
  EXPECT_TRUE(until_heard(client, answers));
  EXPECT_EQ(answers, client.heard());
}

TEST_F(MovedConnectionsTest, WaitForTheAnswerThatIsOwedBeforeTheyMove) {
  start();
  fakes::RawClient client(a().port);
  client.send(get("/later") + get("/b"));
  ASSERT_TRUE(until([&] { return a().handler.seen.size() == 1; }));
  for (int i = 0; i < 5; ++i) a().loop.turn(Duration{});
  deliver();
  EXPECT_EQ(0, moves);

  a().handler.answer(*a().server.find(a().handler.last), "first");
  EXPECT_TRUE(until_heard(client, ok("first") + ok("/b ")));
  EXPECT_EQ(1, moves);
}

TEST_F(MovedConnectionsTest, WaitUntilASlowClientHasTakenTheAnswer) {
  start();
  fakes::RawClient client(a().port, 4096);
  client.send(get("/later") + get("/b"));
  ASSERT_TRUE(until([&] { return a().handler.seen.size() == 1; }));
  std::string const large(4'000'000, 'y');
  a().handler.answer(*a().server.find(a().handler.last), large);
  for (int i = 0; i < 5; ++i) a().loop.turn(Duration{});
  deliver();
  EXPECT_EQ(0, moves);
  EXPECT_TRUE(a().server.sending());

  EXPECT_TRUE(until_heard(client, ok("/b ")));
  EXPECT_EQ(ok(large) + ok("/b "), client.heard());
  EXPECT_EQ(1, moves);
}

TEST_F(MovedConnectionsTest, EndWhenTheirClientTakesNothingBeforeTheMove) {
  ServerLimits limits;
  limits.write_timeout = milliseconds(1);
  start(limits);
  fakes::RawClient client(a().port, 4096);
  client.send(get("/later") + get("/b"));
  ASSERT_TRUE(until([&] { return a().handler.seen.size() == 1; }));
  a().handler.answer(*a().server.find(a().handler.last), std::string(4'000'000, 'y'));
  EXPECT_TRUE(until([&] {
    a().server.tick();
    return a().server.connections() == 0;
  }));
  EXPECT_EQ(1, a().probe.slow);
  EXPECT_EQ(0, moves);
  EXPECT_TRUE(until([&] { return allowance->taken() == 0; }));
}

TEST_F(MovedConnectionsTest, MoveBeforeTheirBodyIsThere) {
  start();
  fakes::RawClient client(a().port);
  client.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(until_heard(client, "HTTP/1.1 100 Continue\r\n\r\n"));
  EXPECT_EQ(1, moves);
  client.send("bo");
  ASSERT_TRUE(until([&] { return b().server.connections() == 1; }));
  client.send("dy");
  EXPECT_TRUE(until_heard(client, ok("/b body")));
}

TEST_F(MovedConnectionsTest, AreHeldToTheTimeForABodyWhereTheyAre) {
  ServerLimits limits;
  limits.body_timeout = milliseconds(1);
  start(limits);
  fakes::RawClient client(a().port);
  client.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  EXPECT_TRUE(until([&] {
    b().server.tick();
    client.listen();
    return client.has_heard("HTTP/1.1 408 ");
  }));
}

TEST_F(MovedConnectionsTest, AreHeldToTheLimitsOfBytesWhereTheyAre) {
  ServerLimits limits;
  limits.max_body_bytes = 3;
  start(limits);
  fakes::RawClient large(a().port);
  large.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
  EXPECT_TRUE(until_heard(large, "HTTP/1.1 413 "));
  fakes::RawClient chunked(a().port);
  chunked.send(chunked_post("/b", "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"));
  EXPECT_TRUE(until_heard(chunked, "HTTP/1.1 413 "));
}

TEST_F(MovedConnectionsTest, AreCountedOnceAndGivenBackWhenTheyEnd) {
  start({}, 2);
  fakes::RawClient first(a().port);
  first.send(get("/b"));
  ASSERT_TRUE(until_heard(first, ok("/b ")));
  fakes::RawClient second(b().port);
  second.send(get("/a"));
  ASSERT_TRUE(until_heard(second, ok("/a ")));
  EXPECT_EQ(2U, allowance->taken());

  fakes::RawClient third(a().port);
  EXPECT_TRUE(until_ended(third));
  EXPECT_EQ(1, a().probe.refused);
  EXPECT_EQ(2, a().probe.opened + b().probe.opened);
  EXPECT_EQ(0, a().probe.closed + b().probe.closed);

  first.close();
  second.close();
  EXPECT_TRUE(until([&] { return allowance->taken() == 0; }));
  EXPECT_EQ(2, a().probe.closed + b().probe.closed);
}

TEST_F(MovedConnectionsTest, StreamWhereTheyAreAndMoveAfterTheStream) {
  start();
  fakes::RawClient client(a().port);
  client.send(get("/b") + get("/stream") + get("/a"));
  ASSERT_TRUE(until([&] { return b().handler.seen.size() == 2; }));
  auto& stream = *b().server.find(b().handler.last);
  stream.send_comment("here");
  ASSERT_TRUE(until_heard(client, "8\r\n: here\n\n\r\n"));
  stream.end_stream(StreamEnd::Done);
  EXPECT_TRUE(until_heard(client, "0\r\n\r\n" + ok("/a ")));
  EXPECT_EQ(2, moves);
}

TEST_F(MovedConnectionsTest, AreAnsweredAndClosedByAServerThatEnds) {
  start();
  b().server.close_when_done();
  fakes::RawClient client(a().port);
  client.send(get("/b"));
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.has_heard("Connection: close\r\n") && client.heard().ends_with("/b "));
}

TEST_F(MovedConnectionsTest, LeaveNothingBehindWhenTheirClientIsGoneOnTheWay) {
  start();
  {
    fakes::RawClient client(a().port);
    client.send(get("/b"));
    ASSERT_TRUE(fakes::turn_until(a().loop, [&] { return !a().sent.empty(); }));
  }
  EXPECT_TRUE(until([&] { return allowance->taken() == 0; }));
  EXPECT_EQ(0U, a().server.connections() + b().server.connections());
}

TEST_F(MovedConnectionsTest, AreClosedWithALetterThatIsNeverOpened) {
  start();
  fakes::RawClient client(a().port);
  client.send(get("/b"));
  ASSERT_TRUE(fakes::turn_until(a().loop, [&] { return !a().sent.empty(); }));
  a().sent.clear();
  EXPECT_TRUE(until_ended(client));
  EXPECT_EQ(0U, allowance->taken());
}

}  // namespace
}  // namespace gateway::http
