// The admin listener: health, probes, version, metrics.
#pragma once

#include <string>

#include "gateway/http/exchange.h"
#include "gateway/ops/health.h"
#include "gateway/ops/metrics.h"

namespace gateway::ops {

/// Answers GETs, each at once. Owned by the program's root.
class Admin final : public http::RequestHandler {
 public:
  Admin(HealthSource& health, Metrics& metrics, Metrics::About about);

  void on_request(http::Exchange& exchange, http::Request const& request) override;
  void on_gone(ExchangeId, std::uint64_t, Gone) override {}

 private:
  struct Page {
    int status = 200;
    std::string_view content_type = "application/json";
    std::string body;
  };
  [[nodiscard]] Page page(std::string_view path);

  HealthSource& health_;
  Metrics& metrics_;
  std::string version_;
};

}  // namespace gateway::ops
