// The health of all services, from what each loop says of its own.
#pragma once

#include <optional>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/frontend/homes.h"
#include "gateway/health/health.h"

namespace gateway {

/// `health` with all `services`, in their order. `said` is by loop, the services of
/// each in their order. What a loop did not say is told as such: a service whose loop
/// is silent cannot be called, whatever it was a moment ago. Pure.
[[nodiscard]] health::GatewayHealth gathered_health(
    health::GatewayHealth health, std::vector<std::optional<std::vector<health::ServiceHealth>>> const& said,
    std::vector<config::ServiceConfig> const& services, frontend::Homes const& homes, bool draining);

}  // namespace gateway
