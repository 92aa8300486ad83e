// Files that have servers by name: of Claude, VS Code, Cursor, TBXark's mcp-proxy and LiteLLM.
#pragma once

#include <string>

#include "gateway/imports/imported.h"
#include "gateway/imports/kind.h"

namespace gateway::imports {

[[nodiscard]] Outcome import_servers(Kind kind, Json file, std::string const& workspace);

}  // namespace gateway::imports
