// What the fields of gateway.auth.oauth must be together.
#pragma once

#include "gateway/config/json.h"

namespace gateway::config {

/// Fills in the names of issuers, and reports what cannot be: two of one name, two sources of keys, two issuers to ask
/// about opaque tokens, no public URL. `place` is that of the gateway.
void check_oauth(ConfigPlace const& place, GatewayConfig& gateway);

}  // namespace gateway::config
