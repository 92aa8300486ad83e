// Which child a session talks to: one class for each kind of isolation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/backend/children.h"
#include "gateway/base/clock.h"
#include "gateway/mcp/ports.h"

namespace gateway::backend {

/// Makes the children a service needs, and says which one is whose. Owned by the
/// Service.
class Placement {
 public:
  virtual ~Placement() = default;

  /// Starts what runs before there is a session.
  virtual void begin() {}
  /// Why no session of this owner can be placed now; nothing when it can.
  [[nodiscard]] virtual std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const = 0;
  /// The child for a session that begins and was not refused.
  [[nodiscard]] virtual Multiplexer& place(mcp::Session const& session) = 0;
  /// The session was attached to the child it was given.
  virtual void on_attached(Multiplexer&) {}
  /// A session has left its child.
  virtual void on_left(Multiplexer&) {}
  /// A run of the child has introduced itself.
  virtual void on_ready(Multiplexer&) {}
  /// A run of the child has ended.
  virtual void on_down(Multiplexer&) {}
  /// A child that is ready for the sessions of one that is not; null when those wait
  /// for their own.
  [[nodiscard]] virtual Multiplexer* refuge_from(Multiplexer const&) { return nullptr; }
  /// A child that suits a stateless client's request better than its own; null when none does.
  [[nodiscard]] virtual Multiplexer* better_for(mcp::Session const&, Multiplexer const&, mcp::Method) {
    return nullptr;
  }
  /// Other children whose stateless clients may be those of this one.
  [[nodiscard]] virtual std::vector<Multiplexer*> siblings_of(Multiplexer const&) { return {}; }
  virtual void tick(TimePoint) {}
};

/// Whether one more child may begin.
enum class ChildBound : std::uint8_t {
  Room,
  InUse,    ///< as many as may run are used by sessions
  Leaving,  ///< too many have still to end
};
/// Of children that are for their sessions alone. One that its session has left may take
/// its time to end, and does not count; but there are never more than twice as many.
[[nodiscard]] ChildBound bound_of(Children const& children, std::size_t most);

[[nodiscard]] std::unique_ptr<Placement> make_placement(config::ServiceConfig const& config, Children& children);

}  // namespace gateway::backend
