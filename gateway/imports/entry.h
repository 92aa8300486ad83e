// One server as another program describes it.
#pragma once

#include <optional>

#include "gateway/imports/imported.h"
#include "gateway/imports/references.h"

namespace gateway::imports {

/// The entry as we write it; nothing for one that cannot be a service here, with the reason among the remarks. `path` is
/// where it stands.
[[nodiscard]] std::optional<Json> import_entry(std::string const& path, Json entry, References& references,
                                               Remarks& remarks);

/// Whether a variable of this name holds what nobody is to read.
[[nodiscard]] bool sounds_secret(std::string name);

/// The name a service is given for that of a server; empty where nothing of it can be in a path.
[[nodiscard]] std::string import_name(std::string const& path, std::string const& name, Remarks& remarks);

}  // namespace gateway::imports
