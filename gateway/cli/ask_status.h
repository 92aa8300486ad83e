// `mcp-gateway status`: the services of a running gateway.
#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

namespace gateway::cli {

enum class StatusForm { Table, Json };

/// The status page's address: that of its API where `url` names no path.
[[nodiscard]] std::string status_url(std::string url);

/// Asks the admin listener at `url`. The status goes to `out`, a sentence about what
/// stood in the way to `errors`. True when the gateway serves requests.
[[nodiscard]] bool ask_status(std::string const& url, StatusForm form, std::chrono::seconds patience, std::ostream& out,
                              std::ostream& errors);

}  // namespace gateway::cli
