// A child of its own for each session.
#pragma once

#include "gateway/backend/owned_children.h"
#include "gateway/backend/placement.h"

namespace gateway::backend {

/// The child begins with its session's first message and ends with the session. A stateless client has no session that
/// could own one, and a child for each request would be of no use to it: its requests go to children that belong to its
/// principal, or to all clients where there is no authentication. A call that may ask its client something gets one at
/// which no other call is open, so that it is certain whose question it is. While it is not known whether the children have
/// sessions at all, one is started, and the others wait for what it is.
class SingleSessions final : public Placement {
 public:
  SingleSessions(config::ServiceConfig const& config, Children& children)
      : config_(config), children_(children), owned_(children, config.max_children, config.affinity.keep) {}

  [[nodiscard]] std::optional<mcp::Refusal> refusal(mcp::SessionOwner const& owner) const override;
  [[nodiscard]] Multiplexer& place(mcp::Session const& session) override;
  void on_attached(Multiplexer& child) override;
  void on_ready(Multiplexer& child) override {
    if (child.sessions() > 0) start_spare(child);
  }
  void on_left(Multiplexer& child) override;
  void on_down(Multiplexer& child) override { owned_.on_down(child); }
  [[nodiscard]] Multiplexer* better_for(mcp::Session const& session, Multiplexer const& own,
                                        mcp::Method method) override;
  [[nodiscard]] std::vector<Multiplexer*> siblings_of(Multiplexer const& child) override {
    return owned_.siblings_of(child);
  }
  void tick(TimePoint now) override;

 private:
  [[nodiscard]] bool has_sessions(Multiplexer const& child) const {
    return children_.era_of(child) == mcp::Era::Sessions;
  }
  void start_spare(Multiplexer const& taken);

  config::ServiceConfig const& config_;
  Children& children_;
  OwnedChildren owned_;  ///< of stateless clients, by principal
};

}  // namespace gateway::backend
