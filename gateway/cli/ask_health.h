// `mcp-gateway health`: what a running gateway says of itself.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "gateway/cli/address.h"

namespace gateway::cli {

/// Asks the gateway at `address` (address.h) for its health, or for the page that the
/// address names, and waits at most `patience` for all of it. What was answered goes to
/// `out`; a sentence about what stood in the way to `errors`. True when the status was
/// 200. For images of containers, whose health check would otherwise need curl and
/// whatever comes with it.
[[nodiscard]] bool ask_health(GatewayAddress const& address, std::chrono::seconds patience, std::ostream& out,
                              std::ostream& errors);

}  // namespace gateway::cli
