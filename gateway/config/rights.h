// What only several fields together say of policy and quotas.
#pragma once

#include "gateway/config/config.h"
#include "gateway/config/json.h"

namespace gateway::config {

/// Reports rules and quotas that can never have an effect, or say nothing. `gateway` is the place of that object.
void check_rights(ConfigPlace const& gateway, Config const& config);

}  // namespace gateway::config
