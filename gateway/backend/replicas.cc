#include "gateway/backend/replicas.h"

namespace gateway::backend {

namespace {

int distance_of(ChildState state) {
  switch (state) {
    case ChildState::Ready:
    case ChildState::Asleep: return 0;
    case ChildState::Starting:
    case ChildState::Backoff:
    case ChildState::Stopping: return 1;
    case ChildState::Stopped:
    case ChildState::CrashLoop: return 2;
  }
  return 2;
}

}  // namespace

Reluctance reluctance(ChildState state, std::size_t sessions) {
  return {distance_of(state), sessions, state == ChildState::Asleep};
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
    auto const of = [](Multiplexer const& child) { return reluctance(child.child().state(), child.sessions()); };
    if (best == nullptr || of(each) < of(*best)) best = &each;
  });
  return *best;
}

Multiplexer* Replicas::refuge_from(Multiplexer const& child) {
  Multiplexer* best = nullptr;
  children_.for_each([&](Multiplexer& each) {
    if (&each == &child || each.child().state() != ChildState::Ready) return;
    if (best == nullptr || each.sessions() < best->sessions()) best = &each;
  });
  return best;
}

}  // namespace gateway::backend
