#include "gateway/config/overlay.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/config/fields.h"

namespace gateway::config {

namespace {

bool is_v6(ListenAddress const& address) { return address.host.find(':') != std::string::npos; }
bool is_every(ListenAddress const& address) { return address.host == "0.0.0.0" || address.host == "::"; }

/// Whether who listens at one leaves nothing for who listens at the other.
bool clash(ListenAddress const& a, ListenAddress const& b) {
  auto const same_host = a.host == b.host || is_every(a) || is_every(b);
  return a.port != 0 && a.port == b.port && is_v6(a) == is_v6(b) && same_host;
}

}  // namespace

std::vector<ConfigError> set_fields(GatewayConfig& gateway, Json const& patch) {
  ConfigReport report;
  read_fields(ConfigPlace{report, ""}, patch, gateway);
  fold_names(gateway);
  return std::move(report.errors);
}

void fold_names(GatewayConfig& gateway) {
  for (auto& host : gateway.allowed_hosts) host = lower_case(host);
  for (auto& origin : gateway.allowed_origins) origin = lower_case(origin);
  gateway.public_url = lower_case(gateway.public_url);
  for (auto& token : gateway.auth.tokens) token.sha256 = lower_case(token.sha256);
}

std::vector<ConfigError> listener_conflicts(Config const& config,
                                            std::function<std::string(ServiceConfig const&)> const& place_of) {
  std::vector<std::pair<std::string, ListenAddress>> listeners{{"gateway.listen", config.gateway.listen}};
  if (config.gateway.admin_listen) listeners.emplace_back("gateway.admin_listen", *config.gateway.admin_listen);
  for (auto const& service : config.services) {
    if (service.listen && !service.disabled) listeners.emplace_back(place_of(service) + ".listen", *service.listen);
  }
  std::vector<ConfigError> conflicts;
  for (std::size_t i = 1; i < listeners.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      auto const& [path, address] = listeners[i];
      auto const& [other_path, other] = listeners[j];
      if (!clash(address, other)) continue;
      conflicts.push_back({path, fmt::format("expected an address of its own, found {}, which {} needs",
                                             to_string(address), other_path)});
    }
  }
  return conflicts;
}

}  // namespace gateway::config
