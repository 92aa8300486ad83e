// `mcp-gateway reload`: has a running gateway read its configuration again.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "gateway/cli/address.h"

namespace gateway::cli {

struct ReloadAsked {
  bool dry_run = false;
  bool json = false;
  std::string token_file{};  ///< with the admin token; empty: the variable of the environment
};

/// Says what was changed, or would be; what is wrong goes to `errors`. Gives the exit code: 0 where nothing is wrong, 1
/// where the configuration was refused, 2 where the gateway could not be asked.
[[nodiscard]] int ask_reload(GatewayAddress const& address, ReloadAsked const& asked, std::chrono::seconds patience,
                             std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
