// The HTTP server and its connections over TLS.
#include <utility>

#include "tests/component/http_server_fixture.h"
#include "tests/fakes/tls_raw_client.h"

namespace gateway::http {
namespace {

using namespace std::string_literals;
using fakes::TlsRawClient;

io::TlsIdentity identity_of(fakes::Issued const& issued) {
  auto made = io::TlsIdentity::make({.chain = issued.certificate, .key = issued.key}, {});
  return std::get<io::TlsIdentity>(std::move(made));
}

/// A client hears X-Request-Id too: what it heard without these lines.
std::string without_ids(std::string heard) {
  constexpr std::string_view kName = "X-Request-Id: ";
  for (auto at = heard.find(kName); at != std::string::npos; at = heard.find(kName, at))
    heard.erase(at, heard.find("\r\n", at) + 2 - at);
  return heard;
}

class HttpsServerTest : public HttpServerTest {
 protected:
  void start_tls(ServerLimits limits = {}, std::size_t max_connections = 1000) {
    start(limits, max_connections);
    port = fakes::listen_on_loopback(*server, {}, &tls);
  }
  bool until_heard(TlsRawClient& client, std::string_view text) {
    auto const heard = until([&] {
      client.listen();
      return without_ids(client.heard()).find(text) != std::string::npos;
    });
    if (!heard) ADD_FAILURE() << "heard only: " << client.heard() << client.tls().trouble();
    return heard;
  }
  bool until_open(TlsRawClient& client) {
    return until([&] {
      client.listen();
      return client.is_open() && server->connections() > 0;
    });
  }
  bool until_ended(TlsRawClient& client) {
    return until([&] {
      client.listen();
      return client.ended();
    });
  }

  fakes::TestAuthority authority;
  io::TlsServer tls{identity_of(authority.issue())};
};

TEST_F(HttpsServerTest, AnswersRequestsOfOneConnection) {
  start_tls();
  TlsRawClient client(port, {.authority = authority.certificate()});
  ASSERT_TRUE(until_open(client)) << client.tls().trouble();
  client.send(get("/a") + post("/b", "body"));
  EXPECT_TRUE(until_heard(client, ok("/a ") + ok("/b body")));
  client.send(get("/c"));
  EXPECT_TRUE(until_heard(client, ok("/b body") + ok("/c ")));
  EXPECT_EQ(std::vector<std::string>{"1.3"}, probe.handshakes);
  EXPECT_EQ(1U, server->connections());
}

TEST_F(HttpsServerTest, TakesARequestThatComesWithTheEndOfTheHandshake) {
  start_tls();
  TlsRawClient client(port);
  ASSERT_TRUE(until([&] {
    if (client.is_open()) return true;
    client.listen();
    return client.is_open();
  }));
  client.send(get("/at-once"));
  EXPECT_TRUE(until_heard(client, ok("/at-once ")));
}

TEST_F(HttpsServerTest, TakesLargeBodiesAndSendsLargeAnswers) {
  ServerLimits limits;
  limits.max_body_bytes = 8u << 20;
  start_tls(limits);
  TlsRawClient client(port);
  ASSERT_TRUE(until_open(client));
  std::string body;
  for (int i = 0; i < 5'000'000; ++i) body += static_cast<char>('a' + i % 23);
  client.send(post("/large", body));
  EXPECT_TRUE(until_heard(client, ok("/large " + body)));
}

TEST_F(HttpsServerTest, WaitsForASlowReaderWithoutLosingAByte) {
  start_tls();
  TlsRawClient client(port, {}, 4096);
  ASSERT_TRUE(until_open(client));
  client.send(get("/later") + get("/next"));
  ASSERT_TRUE(until_seen(1));
  std::string large;
  for (int i = 0; i < 6'000'000; ++i) large += static_cast<char>('a' + i % 25);
  TinyHandler::answer(open_exchange(), large);
  for (int i = 0; i < 5; ++i) loop.turn(Duration{});
  EXPECT_TRUE(server->sending());
  EXPECT_TRUE(until_heard(client, ok(large) + ok("/next ")));
  EXPECT_FALSE(server->sending());
}

TEST_F(HttpsServerTest, SendsEventsSmallAndLarge) {
  start_tls();
  TlsRawClient client(port, {}, 4096);
  ASSERT_TRUE(until_open(client));
  client.send(get("/stream"));
  ASSERT_TRUE(until_seen(1));
  std::string const large(300'000, 'e'), small = "s";
  auto const id = handler.last;
  for (int i = 0; i < 10; ++i) {
    for (std::string_view const data : {std::string_view(large), std::string_view(small)}) {
      auto* const stream = server->find(id);
      ASSERT_NE(nullptr, stream);
      stream->send_event({.data = {&data, 1}});
      loop.turn(Duration{});
    }
  }
  server->find(id)->end_stream(StreamEnd::Done);
  EXPECT_TRUE(until_heard(client, "0\r\n\r\n"));
  std::size_t events = 0;
  for (auto at = client.heard().find("data: "); at != std::string::npos; at = client.heard().find("data: ", at + 1))
    ++events;
  EXPECT_EQ(20U, events);
  EXPECT_GT(client.heard().size(), 3'000'000U);
}

TEST_F(HttpsServerTest, DropsAClientThatTakesNothing) {
  ServerLimits limits;
  limits.write_timeout = milliseconds(1);
  start_tls(limits);
  TlsRawClient client(port, {}, 4096);
  ASSERT_TRUE(until_open(client));
  client.send(get("/later"));
  ASSERT_TRUE(until_seen(1));
  TinyHandler::answer(open_exchange(), std::string(6'000'000, 'y'));
  EXPECT_TRUE(until([&] {
    server->tick();
    return server->connections() == 0;
  }));
  EXPECT_EQ(1, probe.slow);
}

TEST_F(HttpsServerTest, ReadsNoMoreThanAClientMaySendAhead) {
  start_tls();
  TlsRawClient client(port);
  ASSERT_TRUE(until_open(client));
  client.send(get("/later"));
  ASSERT_TRUE(until_seen(1));
  std::string requests, answers = ok("first");
  for (int i = 0; i < 400; ++i) {
    auto const path = "/" + std::to_string(i);
    requests += post(path, std::string(1000, 'z'));
    answers += ok(path + " " + std::string(1000, 'z'));
  }
  client.send(requests);
  for (int i = 0; i < 20; ++i) {
    client.listen();
    loop.turn(Duration{});
  }
  EXPECT_EQ(1U, handler.seen.size());
  TinyHandler::answer(open_exchange(), "first");
  EXPECT_TRUE(until_heard(client, answers));
}

TEST_F(HttpsServerTest, SaysGoodbyeWhenItClosesAnIdleConnection) {
  ServerLimits limits;
  limits.keepalive_timeout = milliseconds(1);
  start_tls(limits);
  TlsRawClient client(port);
  ASSERT_TRUE(until_open(client));
  EXPECT_TRUE(until([&] {
    server->tick();
    client.listen();
    return client.ended();
  }));
  EXPECT_TRUE(client.tls().has_ended());
  EXPECT_EQ("", client.tls().trouble());
}

TEST_F(HttpsServerTest, SaysGoodbyeAfterTheLastAnswer) {
  start_tls();
  TlsRawClient client(port);
  ASSERT_TRUE(until_open(client));
  client.send(get("/last", "Connection: close\r\n"));
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.has_heard("/last "));
  EXPECT_TRUE(client.tls().has_ended());
}

TEST_F(HttpsServerTest, AnswersTheRequestOfAClientThatEndsAtOnce) {
  start_tls();
  TlsRawClient client(port);
  ASSERT_TRUE(until_open(client));
  client.tls().say(get("/last"));
  client.end();
  EXPECT_TRUE(until_ended(client));
  EXPECT_TRUE(client.has_heard("/last "));
  EXPECT_TRUE(client.tls().has_ended());
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
}

TEST_F(HttpsServerTest, EndsTheExchangeOfAClientThatEnds) {
  start_tls();
  TlsRawClient client(port);
  ASSERT_TRUE(until_open(client));
  client.send(get("/stream"));
  ASSERT_TRUE(until_seen(1));
  client.end();
  EXPECT_TRUE(until([&] { return handler.gone.size() == 1; }));
}

TEST_F(HttpsServerTest, TellsAClientThatSpeaksPlainHttp) {
  start_tls();
  auto client = connect();
  client.send(get("/"));
  ASSERT_TRUE(HttpServerTest::until_ended(client));
  EXPECT_TRUE(client.heard().starts_with("HTTP/1.1 400 ")) << client.heard();
  EXPECT_TRUE(client.heard().ends_with("400 Bad Request: https_expected\n")) << client.heard();
  EXPECT_EQ("400 https_expected", probe.last_refusal);
  EXPECT_EQ(std::vector<std::string>{"plain_http"}, probe.handshakes);
  client.close();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_TRUE(handler.seen.empty());
}

TEST_F(HttpsServerTest, ClosesWhatIsNotTls) {
  start_tls();
  auto client = connect();
  client.send("\0\1\2\3"s);
  EXPECT_TRUE(HttpServerTest::until_ended(client));
  EXPECT_EQ("", client.heard());
  EXPECT_EQ(std::vector<std::string>{"not_tls"}, probe.handshakes);
}

TEST_F(HttpsServerTest, TellsWhyAHandshakeFailsAndDropsWhatStillComes) {
  start_tls();
  TlsRawClient client(port, {.alpn = "\x02h2"});
  ASSERT_TRUE(until([&] {
    client.listen();
    return !client.tls().trouble().empty();
  }));
  EXPECT_EQ("tlsv1 alert no application protocol", client.tls().trouble());
  client.send_raw(std::string(10'000, 'x'));
  EXPECT_TRUE(until_ended(client));
  EXPECT_EQ(std::vector<std::string>{"failed"}, probe.handshakes);
  client.close();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
}

TEST_F(HttpsServerTest, HasAClientRejectTheCertificate) {
  start_tls();
  fakes::TestAuthority const other("another");
  TlsRawClient client(port, {.authority = other.certificate()});
  ASSERT_TRUE(until([&] {
    client.listen();
    return !probe.handshakes.empty();
  }));
  EXPECT_EQ(std::vector<std::string>{"failed"}, probe.handshakes);
}

TEST_F(HttpsServerTest, LimitsTheTimeOfAHandshake) {
  ServerLimits limits;
  limits.head_timeout = milliseconds(1);
  limits.keepalive_timeout = seconds(1000);
  start_tls(limits);
  auto silent = connect();
  auto stalled = connect();
  stalled.send("\x16\x03\x01\x02");
  EXPECT_TRUE(until([&] {
    server->tick();
    silent.listen(), stalled.listen();
    return silent.ended() && stalled.ended();
  }));
  EXPECT_EQ((std::vector<std::string>{"timeout", "timeout"}), probe.handshakes);
}

TEST_F(HttpsServerTest, CountsAClientThatLeavesDuringTheHandshake) {
  start_tls();
  {
    auto client = connect();
    ASSERT_TRUE(until([&] { return server->connections() == 1; }));
  }
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
  EXPECT_EQ(std::vector<std::string>{"client_left"}, probe.handshakes);
  EXPECT_EQ(0U, allowance->taken());
}

TEST_F(HttpsServerTest, RefusesConnectionsOverTheLimitWithAnAlert) {
  start_tls({}, 1);
  auto handshaking = connect();
  ASSERT_TRUE(until([&] { return server->connections() == 1; }));
  TlsRawClient refused(port);
  ASSERT_TRUE(until_ended(refused));
  EXPECT_EQ("tlsv1 alert internal error", refused.tls().trouble());
  EXPECT_EQ(1, probe.refused);
}

TEST_F(HttpsServerTest, ClosesHandshakesWhenItEnds) {
  start_tls();
  auto handshaking = connect();
  TlsRawClient idle(port);
  ASSERT_TRUE(until_open(idle));
  ASSERT_TRUE(until([&] { return server->connections() == 2; }));
  server->close_when_done();
  EXPECT_TRUE(until([&] { return server->connections() == 0; }));
}

TEST_F(HttpsServerTest, DropsAClientThatHasItAnswerWithoutEverReading) {
  start_tls();
  TlsRawClient client(port, {}, 4096);
  ASSERT_TRUE(until_open(client));
  for (int i = 0; i < 400'000 && server->connections() == 1; ++i) {
    client.tls().update_keys();
    if (i % 50 != 0) continue;
    // Sends, and hears nothing.
    auto const sealed = client.tls().to_send();
    for (std::size_t sent = 0; sent < sealed.size() && server->connections() == 1; loop.turn(Duration{})) {
      sent += client.send_some(std::string_view(sealed).substr(sent));
    }
  }
  EXPECT_EQ(0U, server->connections());
}

/// Two servers on loops of their own, as in MovedConnectionsTest, with one certificate.
class MovedTlsConnectionsTest : public ::testing::Test {
 protected:
  class Side final : public Mover {
   public:
    Side(std::size_t number, Allowance& allowance, io::TlsServer& tls)
        : server(loop, {}, allowance, handler, probe), number_(number) {
      server.set_mover(*this, true);
      port = fakes::listen_on_loopback(server, {}, &tls);
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

  bool until(auto predicate) {
    return fakes::turn_until(sides[0]->loop, [&] {
      sides[1]->loop.turn(Duration{});
      for (std::size_t i = 0; i < 2; ++i) {
        for (auto& connection : std::exchange(sides[i]->sent, {})) {
          ++moves;
          sides[1 - i]->server.adopt(std::move(connection));
        }
      }
      return predicate();
    });
  }

  fakes::TestAuthority authority;
  io::TlsServer tls{identity_of(authority.issue())};
  Allowance allowance{100};
  std::unique_ptr<Side> sides[2] = {std::make_unique<Side>(0, allowance, tls),
                                    std::make_unique<Side>(1, allowance, tls)};
  int moves = 0;
};

TEST_F(MovedTlsConnectionsTest, GoOnWithTheirKeysWhereverTheyAre) {
  TlsRawClient client(sides[0]->port);
  ASSERT_TRUE(until([&] {
    client.listen();
    return client.is_open();
  }));
  std::string requests, answers;
  for (int i = 0; i < 100; ++i) {
    auto const path = (i % 3 == 0 ? "/a" : "/b") + std::to_string(i);
    auto const body = std::string(static_cast<std::size_t>(i * 700), 'x');
    requests += post(path, body);
    answers += ok(path + " " + body);
  }
  client.send(requests);
  EXPECT_TRUE(until([&] {
    client.listen();
    return without_ids(client.heard()) == answers;
  })) << client.tls().trouble();
  EXPECT_EQ(66, moves);
  client.end();
  EXPECT_TRUE(until([&] { return allowance.taken() == 0; }));
}

TEST_F(MovedTlsConnectionsTest, AreAnsweredWhereTheirClientHasEndedAlready) {
  TlsRawClient client(sides[0]->port);
  ASSERT_TRUE(until([&] {
    client.listen();
    return client.is_open();
  }));
  client.tls().say(get("/b"));
  client.end();
  EXPECT_TRUE(until([&] {
    client.listen();
    return client.ended();
  }));
  EXPECT_EQ(ok("/b "), without_ids(client.heard()));
  EXPECT_TRUE(client.tls().has_ended());
  EXPECT_TRUE(until([&] { return allowance.taken() == 0; }));
}

}  // namespace
}  // namespace gateway::http
