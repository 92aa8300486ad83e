// Whether a service's program is there, seen without starting it.
#pragma once

#include <string>

#include "gateway/config/config.h"

namespace gateway::cli {

/// Why it could not be started, in a sentence; empty when it could. Looks where its
/// child would.
[[nodiscard]] std::string why_not_startable(config::ServiceConfig const& service);

}  // namespace gateway::cli
