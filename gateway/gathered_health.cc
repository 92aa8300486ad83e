#include "gateway/gathered_health.h"

namespace gateway {

namespace {

health::ServiceHealth unheard(config::ServiceConfig const& service, std::size_t loop) {
  health::ServiceHealth health;
  health.name = service.name;
  health.required = service.required;
  health.state = "unknown";
  health.reason = "its loop does not answer";
  health.loop = loop;
  return health;
}

}  // namespace

health::GatewayHealth gathered_health(health::GatewayHealth health,
                                      std::vector<std::optional<std::vector<health::ServiceHealth>>> const& said,
                                      std::vector<config::ServiceConfig> const& services, frontend::Homes const& homes,
                                      bool draining) {
  health.services.clear();
  std::vector<std::size_t> taken(said.size());
  for (std::size_t i = 0; i < services.size(); ++i) {
    auto const loop = homes.of(ServiceIndex{static_cast<std::uint32_t>(i)});
    health.services.push_back(said[loop] ? (*said[loop])[taken[loop]++] : unheard(services[i], loop));
  }
  health.status = health::overall(health.services, draining);
  return health;
}

}  // namespace gateway
