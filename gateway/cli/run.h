// `mcp-gateway run`.
#pragma once

#include <iosfwd>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// Serves until told to stop. What stands in the way of a start goes to `errors`. Gives
/// the exit code.
[[nodiscard]] int run(Arguments const& arguments, std::ostream& errors);

}  // namespace gateway::cli
