// Which requests are admitted at all, by Host, Origin and Sec-Fetch-Site.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/frontend/endpoint.h"
#include "gateway/http/request_head.h"

namespace gateway::frontend {

/// Nothing, or why a request is refused with 403.
struct Admitted {
  bool allowed = true;
  std::string_view reason;  ///< "host", "origin", "fetch_site"
  /// The Origin to echo for CORS; empty when none was sent.
  std::string_view origin;
  /// The Host or the Origin that is not allowed.
  std::string_view shown{};
};

/// The names of the gateway in Host. A page of another site whose name was made to point
/// here (DNS rebinding) has that name in Host.
class AllowedHosts {
 public:
  explicit AllowedHosts(config::GatewayConfig const& config) : names_(config.allowed_hosts) {}

  /// Whether `name`, as `host_name` gives it, is this machine's, an address, or
  /// among gateway.allowed_hosts. A service's host name is known to its Endpoints.
  [[nodiscard]] bool contains(std::string const& name) const;

 private:
  std::vector<std::string> names_;
};

class Admission {
 public:
  explicit Admission(config::GatewayConfig const& config) : hosts_(config), origins_(config.allowed_origins) {}

  /// Rejects requests of other sites' pages: by DNS rebinding, or as a form or an image.
  /// (MCP, Security. A GET without Origin can still have Sec-Fetch-Site.)
  [[nodiscard]] Admitted judge(http::RequestHead const& head, Endpoints const& endpoints);

 private:
  [[nodiscard]] bool host_allowed(std::string_view host, Endpoints const& endpoints);
  [[nodiscard]] bool origin_allowed(std::string_view origin) const;

  AllowedHosts hosts_;
  std::vector<std::string> origins_;
  std::string last_allowed_;  ///< a Host that AllowedHosts contains: clients keep to one
};

/// The name in a Host field or an authority: lower case, without port, brackets
/// and a trailing dot.
[[nodiscard]] std::string host_name(std::string_view authority);

}  // namespace gateway::frontend
