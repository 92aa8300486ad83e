// A child of its own for each session.
#pragma once

#include "gateway/backend/placement.h"

namespace gateway::backend {

/// The child begins with its session's first message and ends with the session.
class SingleSessions final : public Placement {
 public:
  SingleSessions(config::ServiceConfig const& config, Children& children) : config_(config), children_(children) {}

  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const&) const override {
    auto const bound = bound_of(children_, config_.max_children);
    if (bound == ChildBound::Room) return std::nullopt;
    return mcp::Refusal{.outcome = mcp::Outcome::Busy,
                        .why = "no more sessions can be opened now",
                        .room_helps = bound == ChildBound::InUse};
  }
  [[nodiscard]] Multiplexer& place(mcp::Session const&) override { return children_.add(mcp::Sharing::Exclusive); }
  void on_left(Multiplexer& child) override { child.stop(); }

 private:
  config::ServiceConfig const& config_;
  Children& children_;
};

}  // namespace gateway::backend
