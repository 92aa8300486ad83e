// One POST to the admin API of a running gateway, for commands that change something.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/cli/address.h"

namespace gateway::cli {

/// The variable of the environment that holds the admin token, where no file is named.
inline constexpr char const* kAdminTokenVariable = "MCP_GATEWAY_ADMIN_TOKEN";

struct AdminPost {
  std::string_view page;          ///< such as /api/reload
  std::string_view body;          ///< JSON
  std::string const& token_file;  ///< with the admin token; empty: the variable of the environment
  std::string_view signal;        ///< what does the same without a token; may be empty
  std::chrono::seconds patience;
};

/// What the gateway says came of it: an object with a `result`. The error is a sentence.
[[nodiscard]] Result<nlohmann::ordered_json> post_to_admin(GatewayAddress const& address, AdminPost const& post);

}  // namespace gateway::cli
