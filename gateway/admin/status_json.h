// Everything the status page shows, as JSON.
#pragma once

#include <string>
#include <vector>

#include "gateway/admin/history.h"
#include "gateway/config/config.h"
#include "gateway/health/health.h"

namespace gateway::admin {

/// One service, in addition to its health.
struct ServiceStatus {
  std::string name;
  config::Isolation isolation = config::Isolation::Shared;
  metrics::Traffic traffic{};
  History::Rates rates{};
  History::Chart chart{};
};

struct GatewayStatus {
  health::GatewayHealth const& health;
  std::vector<ServiceStatus> services;
  config::LogLevel log_level = config::LogLevel::Info;
  bool has_actions = false;  ///< an admin token is configured
  bool log_is_open = false;  ///< the log is shown without it
};

/// The members of the health page and more, on one line. Pure except for the time of day.
[[nodiscard]] std::string to_json(GatewayStatus const& status);

}  // namespace gateway::admin
