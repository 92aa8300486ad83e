// Entries as other programs write them: in their words, for servers of their kinds.
#pragma once

#include <string>

#include "gateway/config/json.h"

namespace gateway::config {

/// Rewrites what other programs write otherwise than we do: a command and its arguments
/// in one list, `environment` for `env`, `isActive` for `enabled`, and so on.
void adopt_foreign(ConfigPlace const& place, Json& entry);

/// Why the entry is no program to start but a server to connect to, with what to do;
/// empty when it is a program. Takes the keys out that say so.
[[nodiscard]] std::string take_remote(Json& entry);

/// Takes out the keys that mean nothing here, each with a note, and remarks without.
/// One that is almost a key of ours stays, and is an error later. Gives how many were
/// another program's.
std::size_t drop_foreign(ConfigPlace const& place, Json& entry);

}  // namespace gateway::config
