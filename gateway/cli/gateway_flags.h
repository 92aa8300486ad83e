// What the flags of `run` say of the gateway, laid over its configuration.
#pragma once

#include <iosfwd>

#include "gateway/cli/arguments.h"
#include "gateway/config/config.h"

namespace gateway::cli {

/// False when a flag cannot be; why goes to `errors`.
[[nodiscard]] bool apply_gateway_flags(Arguments const& arguments, config::Config& config, std::ostream& errors);

}  // namespace gateway::cli
