#include "gateway/backend/placement.h"

#include "gateway/backend/affinity.h"
#include "gateway/backend/replicas.h"
#include "gateway/backend/single_sessions.h"

namespace gateway::backend {

ChildBound bound_of(Children const& children, std::size_t most) {
  if (children.size() < most) return ChildBound::Room;
  std::size_t used = 0;
  children.for_each([&](Multiplexer const& child) { used += child.sessions() > 0 || child.is_awaited() ? 1 : 0; });
  if (used >= most) return ChildBound::InUse;
  return children.size() < 2 * most ? ChildBound::Room : ChildBound::Leaving;
}

std::unique_ptr<Placement> make_placement(config::ServiceConfig const& config, Children& children) {
  switch (config.isolation) {
    case config::Isolation::Shared: return std::make_unique<Replicas>(config, children);
    case config::Isolation::Affinity: return std::make_unique<Affinity>(config, children);
    case config::Isolation::Session: return std::make_unique<SingleSessions>(config, children);
  }
  return nullptr;
}

}  // namespace gateway::backend
