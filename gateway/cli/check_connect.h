// `mcp-gateway check --connect`: each server started once, and what it said.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "gateway/cli/rights_of.h"
#include "gateway/config/config.h"
#include "gateway/io/child_guard.h"
#include "gateway/sandbox/support.h"

namespace gateway::cli {

/// What a service listed.
struct ListedTools {
  std::string service;
  std::string raw_tools;  ///< JSON array
};

/// Starts every service's child, all at once, and waits for each until its tools
/// are listed or it has failed. Writes a report as they come, with the tools that `rights`
/// are about, unless that is null. True when all are well. `support` is for their sandboxes.
/// `listed`, if it is there, gets the tools of those that listed any.
[[nodiscard]] bool check_connect(config::Config const& config, sandbox::Support const& support,
                                 std::unique_ptr<io::ChildGuard> guard, RightsOf const* rights, std::ostream& out,
                                 std::vector<ListedTools>* listed = nullptr);

}  // namespace gateway::cli
