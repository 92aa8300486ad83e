// `mcp-gateway top`: the services of a running gateway, again and again.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "gateway/cli/address.h"

namespace gateway::cli {

/// Shows the status at `address` (address.h) every `interval` until q is pressed; once where stdout is
/// no terminal. True when the last look could be had and showed a gateway that serves.
[[nodiscard]] bool top(GatewayAddress const& address, std::chrono::seconds interval, std::ostream& out,
                       std::ostream& errors);

}  // namespace gateway::cli
