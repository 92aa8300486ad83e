// `mcp-gateway doctor`: what is wrong, where time goes, and what to do about it.
#pragma once

#include <iosfwd>
#include <string>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// Starts each server once and says what it found; with the public address (`address`) also what clients meet there.
/// Gives the exit code: 0 where everything works, advice or not, 1 where something does not, 2 where the file is wrong.
[[nodiscard]] int doctor(Arguments const& arguments, std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
