// Changes to a configuration that was read: what a command line says over it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/config/json.h"

namespace gateway::config {

/// Sets the fields of the gateway block that `patch` has, as if they stood in a file,
/// and leaves the others. Gives what is wrong with them; a path begins at the block:
/// `log.level`.
[[nodiscard]] std::vector<ConfigError> set_fields(GatewayConfig& gateway, Json const& patch);

/// Names of hosts and the like in the form in which they are compared.
void fold_names(GatewayConfig& gateway);

/// Listeners of one configuration that need the same address; `place_of` tells where a
/// service stands in the file.
[[nodiscard]] std::vector<ConfigError> listener_conflicts(
    Config const& config, std::function<std::string(ServiceConfig const&)> const& place_of);

}  // namespace gateway::config
