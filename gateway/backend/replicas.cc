#include "gateway/backend/replicas.h"

#include <algorithm>

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

Replicas::Replicas(ops::ServiceConfig const& config, Children& children) {
  for (std::size_t i = 0; i < config.replicas; ++i) replicas_.push_back(&children.add(mcp::Sharing::Shared));
}

void Replicas::begin() {
  for (auto* const replica : replicas_) replica->start();
}

Multiplexer& Replicas::place(mcp::Session const&) {
  return **std::min_element(replicas_.begin(), replicas_.end(), [](Multiplexer const* a, Multiplexer const* b) {
    return reluctance(a->child().state(), a->sessions()) < reluctance(b->child().state(), b->sessions());
  });
}

Multiplexer* Replicas::refuge_from(Multiplexer const& child) {
  Multiplexer* best = nullptr;
  for (auto* const replica : replicas_) {
    if (replica == &child || replica->child().state() != ChildState::Ready) continue;
    if (best == nullptr || replica->sessions() < best->sessions()) best = replica;
  }
  return best;
}

}  // namespace gateway::backend
