// Everything the status page shows, as JSON.
#pragma once

#include <string>
#include <vector>

#include "gateway/admin/history.h"
#include "gateway/config/config.h"
#include "gateway/health/health.h"

namespace gateway::admin {

/// One service beside its health.
struct ServiceStatus {
  metrics::Traffic traffic;
  History::Rates rates;
  History::Chart chart;
};

struct GatewayStatus {
  health::GatewayHealth const& health;  ///< its services in the order of the configuration
  std::vector<config::ServiceConfig> const& configs;
  std::vector<ServiceStatus> services;  ///< as many, in the same order
  config::LogLevel log_level = config::LogLevel::Info;
  bool has_actions = false;  ///< an admin token is configured
  bool log_is_open = false;  ///< the log is shown without it
};

/// The health page's members, and more; on one line. Pure but for the time of day.
[[nodiscard]] std::string to_json(GatewayStatus const& status);

}  // namespace gateway::admin
