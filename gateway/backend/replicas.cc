#include "gateway/backend/replicas.h"

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

}  // namespace gateway::backend
