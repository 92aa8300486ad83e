// What a service cannot do without, and whether it is there.
#pragma once

#include <string>
#include <vector>

#include "gateway/config/reader.h"

namespace gateway::config {

/// Those of the service's needs that are not met, in words for the operator:
/// `the environment variable GITHUB_TOKEN (a GitHub token)`.
[[nodiscard]] std::vector<std::string> unmet_needs(ServiceConfig const& service, Environment const& environment);

/// Why a service is not started, in one line; empty when it is.
[[nodiscard]] std::string why_unavailable(ServiceConfig const& service);

}  // namespace gateway::config
