// What gateway.log.outputs must meet beyond the range of each value.
#pragma once

#include "gateway/config/json.h"

namespace gateway::config {

/// Reports outputs that lack what their kind needs, have what it does not use, or write to the same place. `found` is
/// what `outputs` were read from.
void check_log_outputs(ConfigPlace const& place, Json const& found, std::vector<LogOutput> const& outputs);

}  // namespace gateway::config
