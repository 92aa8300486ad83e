// How a service is, told by how its children are.
#pragma once

#include "gateway/backend/children.h"
#include "gateway/health/health.h"

namespace gateway::backend {

/// All but the number of its sessions. Where there are several shared children each
/// is told of too.
[[nodiscard]] health::ServiceHealth health_of(config::ServiceConfig const& config, Children const& children,
                                              TimePoint now);

/// One failed probe is the service's; one that passed counts while none failed.
[[nodiscard]] DeepProbe::Standing probe_standing(Children const& children);

}  // namespace gateway::backend
