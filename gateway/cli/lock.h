// `mcp-gateway lock`: the tools of services, compared with those that were reviewed, and pinned.
#pragma once

#include <iosfwd>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// Starts each service once. Gives the exit code: 0 if all tools are as pinned, or were pinned; 1 if some differ, or a
/// service cannot be started; 2 for a wrong command line or configuration.
[[nodiscard]] int lock(Arguments const& arguments, std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
