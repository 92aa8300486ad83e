#include "gateway/backend/single_sessions.h"

#include <string>

#include "gateway/mcp/input_request.h"

namespace gateway::backend {

std::optional<mcp::Refusal> SingleSessions::refusal(mcp::SessionOwner const& owner) const {
  auto const bound = bound_of(children_, config_.max_children);
  auto const has_place =
      owner.era == mcp::Era::Stateless ? owned_.has_place_for(std::string(owner.principal)) : bound == ChildBound::Room;
  if (has_place) return std::nullopt;
  return mcp::Refusal{.outcome = mcp::Outcome::Busy,
                      .why = "no more sessions can be opened now",
                      .room_helps = owner.era == mcp::Era::Sessions && bound == ChildBound::InUse};
}

Multiplexer& SingleSessions::place(mcp::Session const& session) {
  if (era_of(session.transport) == mcp::Era::Stateless) return owned_.child_of(session.principal.name);
  if (children_.size() >= config_.max_children) owned_.make_room();
  return children_.add(mcp::Sharing::Exclusive);
}

/// A call may keep its child for long: while its client is asked something.
void SingleSessions::start_spare(Multiplexer const& taken) {
  if (!has_sessions(taken)) return;
  if (auto* const spare = owned_.spare_beside(taken)) spare->start();
}

/// A session's own waits for the handshake that the session brings.
void SingleSessions::on_attached(Multiplexer& child) {
  if (!owned_.owns(child)) return;
  child.start();
  start_spare(child);
}

void SingleSessions::on_left(Multiplexer& child) {
  if (!owned_.owns(child)) child.stop();
}

/// A child of the stateless revision says itself which call it asks for.
Multiplexer* SingleSessions::better_for(mcp::Session const& session, Multiplexer const& own, mcp::Method method) {
  auto const may_ask = mcp::may_need_input(method) && has_sessions(own);
  auto* const free = may_ask ? owned_.free_child_of(session.principal.name) : nullptr;
  if (free != nullptr) start_spare(*free);
  return free;
}

void SingleSessions::tick(TimePoint now) {
  owned_.give_up_unclear();
  owned_.give_up_unused(now);
}

}  // namespace gateway::backend
