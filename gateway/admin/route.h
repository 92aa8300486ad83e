// What a request to the admin listener means.
#pragma once

#include <string_view>

namespace gateway::admin {

enum class Page {
  Status,     ///< /
  Health,     ///< /health, /healthz
  Ready,      ///< /readyz
  Live,       ///< /livez
  Version,    ///< /version
  Metrics,    ///< /metrics
  ApiStatus,  ///< /api/status
  Events,     ///< /api/events
  Log,        ///< /api/log
  Versions,   ///< /api/versions
  Tools,      ///< /api/services/NAME/tools
  // What follows is posted.
  Restart,       ///< /api/services/NAME/restart
  Renew,         ///< /api/services/NAME/renew
  Drain,         ///< /api/services/NAME/drain
  Undrain,       ///< /api/services/NAME/undrain
  Call,          ///< /api/services/NAME/call
  ResetCircuit,  ///< /api/services/NAME/reset-circuit
  Canary,        ///< /api/services/NAME/canary
  LogLevel,      ///< /api/log-level
  Reload,        ///< /api/reload
  Upgrade,       ///< /api/upgrade
  None,
};

struct Route {
  Page page = Page::None;
  std::string_view service;  ///< of /api/services/NAME/…, as it stands in the path

  [[nodiscard]] bool is_posted() const { return page >= Page::Restart && page < Page::None; }
};

/// Pure. The view is into `path`.
[[nodiscard]] Route route(std::string_view path);

}  // namespace gateway::admin
