// Children that all sessions share: one, or several alike.
#pragma once

#include <compare>
#include <cstddef>

#include "gateway/backend/placement.h"

namespace gateway::backend {

/// A session goes to the child that has fewest and stays there. When that child
/// goes down, the session moves to another that is ready, if there is one: a
/// shared child holds nothing of a session's but its subscriptions and log level,
/// which go along.
class Replicas final : public Placement {
 public:
  Replicas(config::ServiceConfig const& config, Children& children);

  void begin() override;
  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const&) const override { return std::nullopt; }
  [[nodiscard]] Multiplexer& place(mcp::Session const& session) override;
  void on_attached(Multiplexer& child) override { child.wake(); }
  [[nodiscard]] Multiplexer* refuge_from(Multiplexer const& child) override;
  [[nodiscard]] Multiplexer* better_for(mcp::Session const& session, Multiplexer const& own,
                                        mcp::Method method) override;

 private:
  Children& children_;  ///< all of them are replicas
};

/// How much one would not want to place a session there; the least is best. Pure.
struct Reluctance {
  int distance;  ///< 0: ready or soon woken, 1: on its way, 2: it may take long
  std::size_t sessions;
  bool asleep;

  auto operator<=>(Reluctance const&) const = default;
};
[[nodiscard]] Reluctance reluctance(PeerState state, std::size_t sessions);

}  // namespace gateway::backend
