// Files of agentgateway: targets in `mcp`, or in the backends of `binds`.
#pragma once

#include "gateway/imports/imported.h"

namespace gateway::imports {

[[nodiscard]] Outcome import_agentgateway(Json const& file);

}  // namespace gateway::imports
