// `mcp-gateway check --connect`: each server started once, and what it said.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/cli/rights_of.h"
#include "gateway/config/config.h"
#include "gateway/io/child_guard.h"
#include "gateway/sandbox/support.h"

namespace gateway::cli {

/// When a server that is well was how far, since all were started. Zero for what did not take place.
struct ServerTimes {
  Duration started{};     ///< its program ran
  Duration first_word{};  ///< it wrote to its stdout
  Duration ready{};       ///< the handshake was over
  Duration listed{};      ///< its tools were known
};

/// What a service listed, and how it got there.
struct ListedTools {
  std::string service;
  std::string raw_tools;  ///< JSON array
  bool has_tools = true;  ///< else it offers none, rather than a list that is empty
  ServerTimes times{};
  std::size_t noise_lines = 0;  ///< on its stdout, that were no messages
};

/// Starts every service's child, all at once, and waits for each until its tools
/// are listed or it has failed. Writes a report as they come, with the tools that `rights`
/// are about, unless that is null. True when all are well. `support` is for their sandboxes.
/// `listed`, if it is there, gets what was found of those that are well.
[[nodiscard]] bool check_connect(config::Config const& config, sandbox::Support const& support,
                                 std::unique_ptr<io::ChildGuard> guard, RightsOf const* rights, std::ostream& out,
                                 std::vector<ListedTools>* listed = nullptr);

}  // namespace gateway::cli
