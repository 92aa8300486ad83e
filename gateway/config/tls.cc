#include "gateway/config/tls.h"

namespace gateway::config {

namespace {

void check_service(ConfigPlace const& place, Config const& config, ServiceConfig const& service) {
  if (service.tls && !service.listen)
    place.member("tls").warning("Without effect: the service has no listener of its own (listen).");
  if (config.gateway.tls && service.listen && !service.tls && !is_loopback(*service.listen))
    place.member("listen").warning("Plain HTTP: gateway.tls is for the main listener; this one has a tls of its own.");
}

}  // namespace

void check_tls(ConfigReport& report, Config const& config,
               std::function<std::string(ServiceConfig const&)> const& path_of) {
  auto const& gateway = config.gateway;
  ConfigPlace const place{report, "gateway"};
  if (gateway.admin_tls && !gateway.admin_listen)
    place.member("admin_tls").warning("Without effect: there is no admin listener.");
  if (gateway.tls && gateway.public_url.starts_with("http://"))
    place.member("public_url").warning("It begins with http://, but the main listener has TLS.");
  for (auto const& service : config.services)
    if (!service.disabled) check_service({report, path_of(service)}, config, service);
}

}  // namespace gateway::config
