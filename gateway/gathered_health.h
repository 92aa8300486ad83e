// The health of all services, from what each loop reports about its own.
#pragma once

#include <optional>
#include <vector>

#include "gateway/frontend/directory.h"
#include "gateway/health/health.h"

namespace gateway {

/// `health` with all services of the directory, in their order. `said` is by loop. A
/// service that its loop did not report is shown as unknown: it cannot be called while
/// the loop does not answer, whatever it was a moment ago. Pure.
[[nodiscard]] health::GatewayHealth gathered_health(
    health::GatewayHealth health, std::vector<std::optional<std::vector<health::ServiceHealth>>> const& said,
    frontend::Directory const& directory);

}  // namespace gateway
