#include "gateway/gathered_health.h"

#include <algorithm>

namespace gateway {

namespace {

using Reported = std::optional<std::vector<health::ServiceHealth>>;

health::ServiceHealth unheard(frontend::ListedService const& service) {
  health::ServiceHealth health;
  health.name = service.config.name;
  health.required = service.config.required;
  health.state = "unknown";
  health.reason = "its loop does not answer";
  health.loop = service.home;
  return health;
}

health::ServiceHealth health_of(frontend::ListedService const& service, Reported const& reported) {
  if (!reported) return unheard(service);
  auto const found = std::find_if(reported->begin(), reported->end(),
                                  [&](auto const& each) { return each.name == service.config.name; });
  return found == reported->end() ? unheard(service) : *found;
}

}  // namespace

health::GatewayHealth gathered_health(health::GatewayHealth health,
                                      std::vector<std::optional<std::vector<health::ServiceHealth>>> const& said,
                                      frontend::Directory const& directory) {
  auto const draining = health.status == health::HealthStatus::Draining;
  health.services.clear();
  for (auto const& service : directory.services()) {
    health.services.push_back(health_of(service, said[service.home]));
  }
  health.status = health::overall(health.services, draining);
  return health;
}

}  // namespace gateway
