#include "gateway/health_round.h"

#include <algorithm>
#include <string>

namespace gateway {

namespace {

ops::ServiceHealth unheard(ops::ServiceConfig const& service, std::size_t loop) {
  ops::ServiceHealth health;
  health.name = service.name;
  health.required = service.required;
  health.state = "unknown";
  health.reason = "its loop does not answer";
  health.loop = loop;
  return health;
}

}  // namespace

bool HealthRound::is_complete() const {
  return std::all_of(said_.begin(), said_.end(), [](auto const& each) { return each.has_value(); });
}

void HealthRound::tell(ops::GatewayHealth health, std::vector<ops::ServiceConfig> const& services,
                       frontend::Homes const& homes, bool draining) const {
  health.services.clear();
  std::vector<std::size_t> taken(said_.size());
  for (std::size_t i = 0; i < services.size(); ++i) {
    auto const loop = homes.of(ServiceIndex{static_cast<std::uint32_t>(i)});
    health.services.push_back(said_[loop] ? (*said_[loop])[taken[loop]++] : unheard(services[i], loop));
  }
  health.status = ops::overall(health.services, draining);
  tell_(health);
}

}  // namespace gateway
