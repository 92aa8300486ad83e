// What differs between two configurations.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.h"

namespace gateway::config {

/// A service whose configuration differs.
struct ChangedService {
  std::string name{};
  std::vector<std::string> fields{};  ///< as the file calls them; empty where only what it needs is there now, or not

  bool operator==(ChangedService const&) const = default;
};

/// What a running program would have to change. Disabled services are none.
struct Changes {
  std::vector<std::string> added{};
  std::vector<std::string> removed{};
  std::vector<ChangedService> changed{};
  std::vector<std::string> settings{};  ///< of the gateway: `gateway.log.level`

  [[nodiscard]] bool any() const { return !added.empty() || !removed.empty() || !changed.empty() || !settings.empty(); }
  bool operator==(Changes const&) const = default;
};

/// Pure. `before_services` are without disabled ones.
[[nodiscard]] Changes changes_between(GatewayConfig const& before, std::vector<ServiceConfig> const& before_services,
                                      Config const& after);

/// Those of `settings` that hold for as long as the process runs.
[[nodiscard]] std::vector<std::string> fixed_settings(std::vector<std::string> const& settings);

}  // namespace gateway::config
