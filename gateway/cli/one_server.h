// The configuration of one server, from the command line alone.
#pragma once

#include <iosfwd>
#include <optional>

#include "gateway/cli/arguments.h"
#include "gateway/config/config.h"

namespace gateway::cli {

/// The server behind "--", required, with what its flags say of it. What is wrong with
/// them goes to `errors`, and nothing is given then.
[[nodiscard]] std::optional<config::Config> one_server(Arguments const& arguments, std::ostream& errors);

}  // namespace gateway::cli
