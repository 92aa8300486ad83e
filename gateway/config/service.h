// One entry of `mcpServers`.
#pragma once

#include <optional>

#include "gateway/config/json.h"

namespace gateway::config {

/// Reads the entry at `place`, all but its name. What another program meant and we
/// cannot do makes it unavailable, so that the others run; what is wrong with a field of
/// ours is an error. Empty when there is nothing to keep.
[[nodiscard]] std::optional<ServiceConfig> read_service(ConfigReport& report, Environment const& environment,
                                                        ConfigPlace const& place, Json entry);

}  // namespace gateway::config
