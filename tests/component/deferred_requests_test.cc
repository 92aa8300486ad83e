// Whoever answers one request never finds that another was served meanwhile.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/component/http_server_fixture.h"

namespace gateway::http {
namespace {

/// /stream opens a stream, /end ends it in the middle of its own work, everything
/// else is answered. Notes what it did, in order.
class EndingHandler final : public RequestHandler {
 public:
  explicit EndingHandler(std::vector<std::string>& notes) : notes_(notes) {}
  void set_server(Server& server) { server_ = &server; }

  void on_request(Exchange& exchange, Request const& request) override {
    auto const path = std::string(request.head.path);
    notes_.push_back(path);
    if (path == "/stream") {
      stream_ = exchange.id();
      return exchange.open_stream("", StreamTag{});
    }
    if (path == "/end") {
      if (auto* const open = server_->find(stream_)) open->end_stream(StreamEnd::Done);
      notes_.push_back("ended; still asked for " + std::string(request.head.path));
    }
    TinyHandler::answer(exchange, path);
  }
  void on_gone(ExchangeId, std::uint64_t, Gone) override {}

 private:
  std::vector<std::string>& notes_;
  Server* server_ = nullptr;
  ExchangeId stream_{};
};

class DeferredRequestsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    handler.set_server(server);
    port = fakes::listen_on_loopback(server);
  }
  bool until_noted(std::size_t count) {
    return fakes::turn_until(loop, [&] { return notes.size() >= count; });
  }

  io::EventLoop loop;
  std::vector<std::string> notes;
  EndingHandler handler{notes};
  CountingProbe probe;
  Allowance allowance{10};
  Server server{loop, {}, allowance, handler, probe};
  std::uint16_t port = 0;
};

TEST_F(DeferredRequestsTest, ServesWhatWaitsBehindAStreamWhenTheOneWhoEndedItIsDone) {
  fakes::RawClient a(port);
  fakes::RawClient b(port);
  a.send(get("/stream") + get("/behind"));
  ASSERT_TRUE(until_noted(1));
  b.send(get("/end"));
  ASSERT_TRUE(until_noted(4));
  EXPECT_EQ((std::vector<std::string>{"/stream", "/end", "ended; still asked for /end", "/behind"}), notes);
}

TEST_F(DeferredRequestsTest, AnswersWhatWaitsBehindAStreamAlthoughTheServerEnds) {
  fakes::RawClient a(port);
  fakes::RawClient b(port);
  a.send(get("/stream") + get("/behind"));
  ASSERT_TRUE(until_noted(1));
  b.send(get("/end"));
  ASSERT_TRUE(until_noted(3));
  server.close_when_done();
  auto const answered = fakes::turn_until(loop, [&] {
    a.listen();
    return a.ended();
  });
  EXPECT_TRUE(answered);
  EXPECT_TRUE(a.has_heard("/behind")) << a.heard();
}

}  // namespace
}  // namespace gateway::http
