// `mcp-gateway upgrade`: has a running gateway replaced by the program that its file holds now.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "gateway/cli/address.h"

namespace gateway::cli {

struct UpgradeAsked {
  bool json = false;
  std::string token_file{};  ///< with the admin token; empty: the variable of the environment
};

/// Says what came of it, which takes as long as the new program needs to become ready; what is wrong goes to `errors`.
/// Gives the exit code: 0 where the new program serves, 1 where the old one goes on, 2 where the gateway could not be
/// asked.
[[nodiscard]] int ask_upgrade(GatewayAddress const& address, UpgradeAsked const& asked, std::chrono::seconds patience,
                              std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
