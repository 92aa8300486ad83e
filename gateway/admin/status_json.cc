#include "gateway/admin/status_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "gateway/health/health_json.h"

namespace gateway::admin {

namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) { return std::round(value * 100) / 100; }

std::string_view to_text(config::Isolation isolation) {
  switch (isolation) {
    case config::Isolation::Shared: return "shared";
    case config::Isolation::Session: return "session";
    case config::Isolation::Affinity: return "affinity";
  }
  return "shared";
}

Json traffic_json(ServiceStatus const& service) {
  Json json{{"calls_total", service.traffic.calls},
            {"errors_total", service.traffic.errors},
            {"calls_per_minute", rounded(service.rates.calls_per_minute)},
            {"errors_per_minute", rounded(service.rates.errors_per_minute)}};
  if (service.rates.p50_ms) json["p50_ms"] = rounded(*service.rates.p50_ms);
  if (service.rates.p95_ms) json["p95_ms"] = rounded(*service.rates.p95_ms);
  json["memory_bytes"] = service.traffic.child_memory_bytes;
  json["cpu_cores"] = rounded(service.rates.cpu_cores);
  json["processes"] = service.traffic.child_processes;
  json["history"] = {
      {"seconds", History::kPointSeconds}, {"calls", service.chart.calls}, {"errors", service.chart.errors}};
  return json;
}

}  // namespace

std::string to_json(GatewayStatus const& status) {
  auto json = health::health_json(status.health);
  if (auto const reason = health::why(status.health); !reason.empty()) json["reason"] = reason;
  json["log_level"] = to_text(status.log_level);
  json["actions"] = status.has_actions;
  json["log_is_open"] = status.log_is_open;
  for (auto const& service : status.services) {
    auto& server = json["servers"][service.name];
    server["isolation"] = to_text(service.isolation);
    server["traffic"] = traffic_json(service);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gateway::admin
