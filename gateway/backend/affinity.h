// A child for each owner, which outlives the owner's sessions.
#pragma once

#include <string>
#include <unordered_map>

#include "gateway/backend/placement.h"

namespace gateway::backend {

/// An owner is a principal, and within it the value of a header where the
/// configuration names one. All sessions of an owner share a child, and no other
/// session ever reaches it. It is kept a while after the last of them, so that a
/// client which opens a session for each call finds what it left; when no more may
/// run, the one that was unused longest makes room.
class Affinity final : public Placement {
 public:
  Affinity(config::ServiceConfig const& config, Children& children) : config_(config), children_(children) {}

  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const override;
  [[nodiscard]] Multiplexer& place(mcp::Session const& session) override;
  void on_attached(Multiplexer& child) override { child.start(); }
  void on_down(Multiplexer& child) override;
  void tick(TimePoint now) override;

 private:
  [[nodiscard]] std::string key_of(mcp::SessionOwner const& owner) const;
  [[nodiscard]] Multiplexer* longest_unused() const;
  void give_up(Multiplexer& child);

  config::ServiceConfig const& config_;
  Children& children_;
  std::unordered_map<std::string, ChildId> owned_;  ///< by owner, those that are not being stopped
};

}  // namespace gateway::backend
