// A child of its own for each session.
#pragma once

#include "gateway/backend/placement.h"

namespace gateway::backend {

/// The child begins with its session's first message and ends with the session.
class SingleSessions final : public Placement {
 public:
  SingleSessions(ops::ServiceConfig const& config, Children& children) : config_(config), children_(children) {}

  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const&) const override {
    if (children_.size() < config_.max_children) return std::nullopt;
    return mcp::Refusal{mcp::Outcome::Busy, "no more sessions can be opened now"};
  }
  [[nodiscard]] Multiplexer& place(mcp::Session const&) override { return children_.add(mcp::Sharing::Exclusive); }
  void on_left(Multiplexer& child) override { child.stop(); }

 private:
  ops::ServiceConfig const& config_;
  Children& children_;
};

}  // namespace gateway::backend
