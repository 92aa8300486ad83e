// Health as a JSON value, for pages that have more to say.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "gateway/health/health.h"

namespace gateway::health {

/// What to_json(GatewayHealth) prints.
[[nodiscard]] nlohmann::ordered_json health_json(GatewayHealth const& health);

}  // namespace gateway::health
