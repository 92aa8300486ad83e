// What a person should look at before tools are pinned.
#pragma once

#include <string>
#include <vector>

#include "gateway/mcp/tool_lock.h"

namespace gateway::cli {

/// A sentence for each tool with hidden characters, and for each name that another service's tool has, too, or nearly: in
/// upper or lower case, or with other separators. Both are how a tool is taken for what it is not.
[[nodiscard]] std::vector<std::string> tool_findings(mcp::ToolLock const& tools);

}  // namespace gateway::cli
