// `mcp-gateway check`.
#pragma once

#include <iosfwd>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// Says everything that is wrong with a configuration, or that it is good. Gives the
/// exit code.
[[nodiscard]] int check(Arguments const& arguments, std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
