// `mcp-gateway canary`: versions of the services of a running gateway, and moving from one to another.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

#include "gateway/cli/address.h"

namespace gateway::cli {

struct CanaryAsked {
  std::string action{};             ///< "status", "start", "promote", "rollback" or "weights"
  std::string service{};            ///< of `status` it may be empty: all
  std::vector<std::string> more{};  ///< of `start` the version, of `weights` VERSION:PERCENT
  bool wait = false;                ///< until the canary is over
  bool json = false;
  std::string token_file{};  ///< with the admin token; empty: the variable of the environment
};

/// What is missing or too much, as a sentence; empty where nothing is.
[[nodiscard]] std::string missing_in(CanaryAsked const& asked);

/// Does what is asked, and says how the versions are then. Gives the exit code: 0 where it was done and, with `wait`, the
/// new version has taken over; 5 where it was rolled back; 1 where it is not possible or ended otherwise; 2 where the gateway could not be
/// asked.
[[nodiscard]] int ask_canary(GatewayAddress const& address, CanaryAsked const& asked, std::chrono::seconds patience,
                             std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
