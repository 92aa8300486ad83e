// Entries in the formats of other programs.
#pragma once

#include <string>

#include "gateway/config/json.h"

namespace gateway::config {

/// Rewrites what other programs write otherwise than we do: a command and its arguments
/// in one list, `environment` for `env`, `isActive` for `enabled`, and so on.
void adopt_foreign(ConfigPlace const& place, Json& entry);

/// What says that the entry is a remote server, and how that is spoken to, becomes `url` and `transport`; neither is
/// left of a program. Gives why it can be neither; empty if it can.
[[nodiscard]] std::string take_remote(Json& entry);

/// Removes the keys that mean nothing here, each with a note, and comments without one.
/// One that is almost a key of ours stays, and is an error later. Gives how many were
/// another program's.
std::size_t drop_foreign(ConfigPlace const& place, Json& entry);

}  // namespace gateway::config
