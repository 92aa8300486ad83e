// What a principal may do, for `mcp-gateway check --as NAME`.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "gateway/auth/policy.h"
#include "gateway/base/principal.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/mcp/tool_list.h"

namespace gateway::cli {

/// Whom a person means.
struct Asked {
  std::string name;                 ///< of a principal; `nobody` for a client without a token
  std::vector<std::string> scopes;  ///< for a principal of an issuer, whose scopes are in its tokens
  std::vector<std::string> claims;  ///< the same, as NAME=VALUE
};

/// Knows a principal, and what the policy says of it. Keeps a reference to the configuration.
class RightsOf {
 public:
  /// The holder of a static token or a client certificate, or a principal of an issuer as it is described. The error
  /// names those there are.
  [[nodiscard]] static Result<RightsOf> find(config::Config const& config, Asked const& asked);

  /// A line on the principal, and some for each service.
  void write(std::ostream& out, std::vector<config::ServiceConfig> const& services) const;
  /// Which of a service's tools it may call: lines that are indented.
  void write_tools(std::ostream& out, config::ServiceConfig const& service, mcp::ToolList const& tools) const;

 private:
  RightsOf(config::GatewayConfig const& config, Principal principal);

  [[nodiscard]] std::string lacks(config::ServiceConfig const& service) const;
  [[nodiscard]] std::string rules(config::ServiceConfig const& service, auth::Asset asset) const;

  config::GatewayConfig const& config_;
  Principal principal_;
  std::string remark_;  ///< what keeps it out now
};

}  // namespace gateway::cli
