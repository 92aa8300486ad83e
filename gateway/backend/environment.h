// The environment a child is given.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.h"

namespace gateway::backend {

/// "NAME=value" lines: a fixed list of harmless variables of the gateway's own
/// environment, those the service names, what it sets, and `own`, which replaces others of the same names. The gateway's other
/// variables, and the secrets among them, stay with the gateway.
[[nodiscard]] std::vector<std::string> child_environment(config::ServiceConfig const& config,
                                                         char const* const* gateway_environment,
                                                         std::vector<std::string> const& own = {});

}  // namespace gateway::backend
