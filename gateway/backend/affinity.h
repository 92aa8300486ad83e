// A child for each owner, which outlives the owner's sessions.
#pragma once

#include <string>

#include "gateway/backend/owned_children.h"
#include "gateway/backend/placement.h"

namespace gateway::backend {

/// An owner is a principal, and within it the value of a header where the
/// configuration names one. All sessions of an owner share a child, and no other
/// session ever reaches it.
class Affinity final : public Placement {
 public:
  Affinity(config::ServiceConfig const& config, Children& children)
      : config_(config), owned_(children, config.max_children, config.affinity.keep) {}

  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const override;
  [[nodiscard]] Multiplexer& place(mcp::Session const& session) override;
  void on_attached(Multiplexer& child) override { child.start(); }
  void on_down(Multiplexer& child) override { owned_.on_down(child); }
  void tick(TimePoint now) override { owned_.give_up_unused(now); }

 private:
  [[nodiscard]] std::string name_of(mcp::SessionOwner const& owner) const;

  config::ServiceConfig const& config_;
  OwnedChildren owned_;
};

}  // namespace gateway::backend
