// Counts what an HTTP server reports.
#pragma once

#include "gateway/http/server.h"
#include "gateway/metrics/loop_probe.h"

namespace gateway::frontend {

/// Translates the HTTP server's events and tags for the metrics of its loop. Belongs to
/// the loop's thread.
class ServerMetrics final : public http::ServerProbe {
 public:
  explicit ServerMetrics(metrics::LoopProbe& loop) : loop_(loop) {}

  void connection_opened() override { loop_.connection_opened(); }
  void connection_closed() override { loop_.connection_closed(); }
  void connection_refused() override { loop_.connection_refused(); }
  void connection_moved() override { loop_.connection_moved(); }
  void handshake_done(std::string_view version, http::Resumed resumed) override {
    loop_.handshake_done(version, resumed == http::Resumed::Yes ? "yes" : "no");
  }
  void handshake_failed(std::string_view how) override { loop_.handshake_ended(how); }
  void out_of_descriptors() override { loop_.out_of_descriptors(); }
  void request_refused(int status, std::string_view reason) override { loop_.request_refused(status, reason); }
  void answered(http::RouteTag route, int status) override;
  void slow_client_dropped() override { loop_.slow_client_dropped(); }
  void stream_opened(http::StreamTag stream) override;
  void stream_closed(http::StreamTag stream, http::StreamEnd why) override;
  void bytes_waiting(std::int64_t more) override { loop_.bytes_waiting(more); }

 private:
  metrics::LoopProbe& loop_;
};

}  // namespace gateway::frontend
