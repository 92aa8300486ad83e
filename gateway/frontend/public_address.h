// The URL under which a client reaches the gateway.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/base/ip_address.h"
#include "gateway/base/ip_range.h"
#include "gateway/config/config.h"
#include "gateway/http/request_head.h"

namespace gateway::frontend {

/// From the configuration, or from what a trusted proxy says. Never from Host alone, which a client may choose: a token
/// for another server would then pass for one for this.
class PublicAddress {
 public:
  explicit PublicAddress(config::GatewayConfig const& config);

  /// `https://mcp.example.com`, in lower case; empty where it is not known.
  [[nodiscard]] std::string origin(http::RequestHead const& head, std::optional<IpAddress> const& peer) const;

 private:
  [[nodiscard]] bool is_trusted(IpAddress const& peer) const;

  std::string configured_;
  std::vector<std::string> allowed_hosts_;
  std::vector<IpRange> proxies_;
};

}  // namespace gateway::frontend
