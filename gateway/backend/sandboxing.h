// The sandbox of a service's children.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/sandbox/decide.h"

namespace gateway::backend {

/// For a service that has one, on this machine. `environment` is its child's.
[[nodiscard]] sandbox::Decision decide_sandbox(config::ServiceConfig const& config,
                                               std::vector<std::string> const& environment,
                                               sandbox::Support const& support);

}  // namespace gateway::backend
