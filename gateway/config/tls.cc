#include "gateway/config/tls.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::config {

namespace {

void check_clients(ConfigPlace const& place, TlsConfig const& tls) {
  if (tls.asks_clients() && tls.client_ca.empty())
    place.member("client_ca").error("expected a file with authorities, as client_auth is on");
  if (!tls.asks_clients() && !tls.client_ca.empty())
    place.member("client_auth").error("expected optional or required, as there is a client_ca; found off");
}

/// Principals of two authorities must not have the same name.
class Prefixes {
 public:
  explicit Prefixes(std::vector<IssuerConfig> const& issuers) : issuers_(issuers) {}

  void add(ConfigPlace const& place, TlsConfig const& tls) {
    if (!tls.asks_clients()) return;
    auto const at = place.member("client_prefix");
    for (auto const& issuer : issuers_)
      if (issuer.name == tls.client_prefix)
        at.error(fmt::format("expected another prefix than '{}', which is the name of an issuer", issuer.name));
    for (auto const& [path, other] : seen_) {
      auto const same = other->client_ca == tls.client_ca && other->client_name == tls.client_name;
      if (same || other->client_prefix != tls.client_prefix) continue;
      at.error(fmt::format("expected another prefix than '{}', which {} has with another client_ca or client_name",
                           tls.client_prefix, path));
    }
    seen_.emplace_back(place.path(), &tls);
  }

 private:
  std::vector<IssuerConfig> const& issuers_;
  std::vector<std::pair<std::string, TlsConfig const*>> seen_;
};

void check_service(ConfigPlace const& place, Config const& config, ServiceConfig const& service) {
  if (service.tls && !service.listen)
    place.member("tls").warning("Without effect: the service has no listener of its own (listen).");
  if (config.gateway.tls && service.listen && !service.tls && !is_loopback(*service.listen))
    place.member("listen").warning("Plain HTTP: gateway.tls is for the main listener; this one has a tls of its own.");
}

void check_gateway(ConfigPlace const& place, GatewayConfig const& gateway) {
  if (gateway.admin_tls && !gateway.admin_listen)
    place.member("admin_tls").warning("Without effect: there is no admin listener.");
  if (gateway.admin_tls && gateway.admin_tls->client_auth == ClientAuth::Optional)
    place.member("admin_tls")
        .member("client_auth")
        .error("expected off or required, as the admin listener has no principals; found optional");
  if (gateway.tls && gateway.public_url.starts_with("http://"))
    place.member("public_url").warning("It begins with http://, but the main listener has TLS.");
}

}  // namespace

void check_tls(ConfigReport& report, Config const& config,
               std::function<std::string(ServiceConfig const&)> const& path_of) {
  auto const& gateway = config.gateway;
  ConfigPlace const place{report, "gateway"};
  check_gateway(place, gateway);
  if (gateway.admin_tls) check_clients(place.member("admin_tls"), *gateway.admin_tls);
  Prefixes prefixes(gateway.auth.oauth.issuers);
  auto const check = [&](ConfigPlace const& at, TlsConfig const& tls) {
    check_clients(at, tls);
    prefixes.add(at, tls);
  };
  if (gateway.tls) check(place.member("tls"), *gateway.tls);
  for (auto const& service : config.services) {
    if (service.disabled) continue;
    ConfigPlace const at{report, path_of(service)};
    check_service(at, config, service);
    if (service.tls) check(at.member("tls"), *service.tls);
  }
}

bool everybody_is_certified(GatewayConfig const& gateway, ServiceConfig const& service) {
  auto const must = [](std::optional<TlsConfig> const& tls) { return tls && tls->client_auth == ClientAuth::Required; };
  return must(gateway.tls) && (!service.listen || must(service.tls));
}

}  // namespace gateway::config
