// What only TBXark's mcp-proxy has beside its servers: `mcpProxy`, and `options` of a server.
#pragma once

#include <string>

#include "gateway/imports/imported.h"

namespace gateway::imports {

/// What holds for each server that does not say otherwise.
struct ProxyDefaults {
  bool required = false;
};

/// Our `gateway` for `mcpProxy`.
[[nodiscard]] Json import_proxy(Json const& proxy, ProxyDefaults& defaults, Remarks& remarks);

/// Takes `options` out of the entry at `path`, as far as it has a counterpart.
void take_options(std::string const& path, Json& entry, ProxyDefaults const& defaults, Remarks& remarks);

}  // namespace gateway::imports
