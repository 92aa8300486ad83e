// `mcp-gateway status`: the services of a running gateway.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "gateway/base/result.h"
#include "gateway/cli/address.h"
#include "gateway/cli/status_table.h"

namespace gateway::cli {

enum class StatusForm { Table, Json };

/// The status of the gateway at `address` (address.h). The error is a sentence.
struct AskedStatus {
  std::string text;  ///< as it was answered
  StatusReport report;
};
[[nodiscard]] Result<AskedStatus> get_status(GatewayAddress const& address, std::chrono::seconds patience);

/// Asks the admin listener at `address`. The status goes to `out`, a sentence about what
/// stood in the way to `errors`, in the name of `command`. True when the gateway serves requests.
[[nodiscard]] bool ask_status(std::string_view command, GatewayAddress const& address, StatusForm form,
                              std::chrono::seconds patience, std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
