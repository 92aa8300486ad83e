// What the tests of http::Server share: a real server on loopback, a handler that
// says what it was asked, and clients that wait by turning the loop.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/server.h"
#include "tests/fakes/listening.h"
#include "tests/fakes/raw_client.h"
#include "tests/fakes/turn_until.h"

namespace gateway::http {

/// Answers with path and body at once; /later is answered by the test, /stream
/// becomes an open stream.
class TinyHandler final : public RequestHandler {
 public:
  struct GoneExchange {
    std::uint64_t context;
    Gone why;
  };

  void on_request(Exchange& exchange, Request const& request) override {
    seen.push_back(std::string(request.head.path) + " " + std::string(request.body));
    last = exchange.id();
    exchange.set_context(seen.size());
    if (on_request_do) on_request_do();
    if (request.head.path == "/later") return;
    if (request.head.path == "/stream") return exchange.open_stream("", StreamTag{});
    answer(exchange, seen.back());
  }
  void on_gone(ExchangeId, std::uint64_t context, Gone why) override {
    gone.push_back({context, why});
    if (on_gone_do) on_gone_do();
  }

  static void answer(Exchange& exchange, std::string_view body) {
    exchange.respond({.status = 200, .content_type = "text/plain", .fields = {}, .body = {&body, 1}});
  }

  std::vector<std::string> seen;
  std::vector<GoneExchange> gone;
  std::function<void()> on_request_do;
  std::function<void()> on_gone_do;
  ExchangeId last{};
};

class CountingProbe final : public ServerProbe {
 public:
  void connection_opened() override { ++opened; }
  void connection_closed() override { ++closed; }
  void connection_refused() override { ++refused; }
  void out_of_descriptors() override { ++without_descriptor; }
  void handshake_done(std::string_view version, Resumed) override { handshakes.emplace_back(version); }
  void handshake_failed(std::string_view how) override { handshakes.emplace_back(how); }
  void request_refused(int status, std::string_view reason) override {
    last_refusal = std::to_string(status) + " " + std::string(reason);
  }
  void slow_client_dropped() override { ++slow; }

  int opened = 0;
  int closed = 0;
  int refused = 0;
  int without_descriptor = 0;
  int slow = 0;
  std::string last_refusal;
  std::vector<std::string> handshakes;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void start(ServerLimits limits = {}, std::size_t max_connections = 1000) {
    allowance = std::make_unique<Allowance>(max_connections);
    server = std::make_unique<Server>(loop, limits, *allowance, handler, probe);
    port = fakes::listen_on_loopback(*server);
  }

  fakes::RawClient connect(int receive_buffer = 0) { return fakes::RawClient(port, receive_buffer); }

  bool until(auto predicate) { return fakes::turn_until(loop, predicate); }
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
  bool until_seen(std::size_t requests) {
    return until([&] { return handler.seen.size() >= requests; });
  }
  /// The exchange the handler has not answered.
  Exchange& open_exchange() { return *server->find(handler.last); }

  // What was put off to the end of a turn is destroyed with the loop and may hold a
  // share of the allowance then.
  std::unique_ptr<Allowance> allowance;
  io::EventLoop loop;
  TinyHandler handler;
  CountingProbe probe;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
};

inline std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

inline std::string post(std::string_view path, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

inline std::string chunked_post(std::string_view path, std::string_view chunks) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
         std::string(chunks);
}

/// What TinyHandler answers with.
inline std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace gateway::http
