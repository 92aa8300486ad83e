#include "gateway/backend/replicas.h"

#include "gateway/mcp/input_request.h"

namespace gateway::backend {

namespace {

int distance_of(PeerState state) {
  switch (state) {
    case PeerState::Ready:
    case PeerState::Asleep: return 0;
    case PeerState::Starting:
    case PeerState::Backoff:
    case PeerState::Stopping: return 1;
    case PeerState::Stopped:
    case PeerState::CrashLoop: return 2;
  }
  return 2;
}

}  // namespace

Reluctance reluctance(PeerState state, std::size_t sessions) {
  return {distance_of(state), sessions, state == PeerState::Asleep};
}

Replicas::Replicas(config::ServiceConfig const& config, Children& children) : children_(children) {
  for (std::size_t i = 0; i < config.replicas; ++i) children.add(mcp::Sharing::Shared);
}

void Replicas::begin() {
  for (auto* const replica : children_.all()) replica->start();
}

Multiplexer& Replicas::place(mcp::Session const&) {
  Multiplexer* best = nullptr;
  children_.for_each([&](Multiplexer& each) {
    auto const of = [](Multiplexer const& child) { return reluctance(child.peer().state(), child.sessions()); };
    if (best == nullptr || of(each) < of(*best)) best = &each;
  });
  return *best;
}

Multiplexer* Replicas::refuge_from(Multiplexer const& child) {
  Multiplexer* best = nullptr;
  children_.for_each([&](Multiplexer& each) {
    if (&each == &child || each.peer().state() != PeerState::Ready) return;
    if (best == nullptr || each.sessions() < best->sessions()) best = &each;
  });
  return best;
}

/// Most servers of the stateless revision can read a requestState only in the process that wrote it: the same request,
/// which a retry is, goes to the same replica.
Multiplexer* Replicas::better_for(mcp::Session const& session, Multiplexer const& own, mcp::Method method) {
  if (!own.is_stateless() || !mcp::may_need_input(method)) return nullptr;
  auto const replicas = children_.all();
  auto* const chosen = replicas[session.mark.digest % replicas.size()];
  return chosen->peer().state() == PeerState::Ready ? chosen : nullptr;
}

}  // namespace gateway::backend
