// The admin listener: health, probes, version, metrics.
#pragma once

#include <string>

#include "gateway/http/exchange.h"
#include "gateway/http/server.h"
#include "gateway/ops/health.h"
#include "gateway/ops/metrics.h"

namespace gateway::ops {

/// Answers GETs. Owned by the program's root.
class Admin final : public http::RequestHandler {
 public:
  Admin(HealthSource& health, Metrics& metrics, Metrics::About about);

  void on_request(http::Exchange& exchange, http::Request const& request) override;
  /// An answer about health to a client that is gone finds no exchange.
  void on_gone(ExchangeId, std::uint64_t, Gone) override {}

  /// Set once the server is built: it needs its handler first.
  void set_server(http::Server& server) { server_ = &server; }

 private:
  struct Page {
    int status = 200;
    std::string_view content_type = "application/json";
    std::string body;
  };
  [[nodiscard]] Page page(std::string_view path);
  [[nodiscard]] static Page health_page(std::string_view path, GatewayHealth const& health);
  static void answer(http::Exchange& exchange, Page const& page);

  HealthSource& health_;
  Metrics& metrics_;
  http::Server* server_ = nullptr;
  std::string version_;
};

}  // namespace gateway::ops
