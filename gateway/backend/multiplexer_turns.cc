// How requests wait until the child can take them.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/multiplexer.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::WaitingCall;
using rpc::ErrorCode;

/// Until the child is ready, or owes less. When too many wait already, the session
/// that has most of them gives one up for one that has less.
void Multiplexer::wait(Call&& call, std::string_view method, std::string_view params) {
  auto const refuse = [&](Call const& refused) {
    count_rejected(refused, "queue_full");
    fail(refused, Outcome::Busy, ErrorCode::InternalError,
         fmt::format("{} calls wait for the server '{}' already", waiting_.size(), config_.name), "queue_full");
  };
  if (waiting_.size() >= config_.max_queue) {
    auto const given_up = waiting_.make_room_for(call.to.session);
    if (!given_up) return refuse(call);
    refuse(given_up->call);
  }
  if (call.queued == TimePoint{}) call.queued = around_.world.loop.now();
  waiting_.push({std::move(call), std::string(method), std::string(params)});
}

/// Session by session, as many as the child may owe.
void Multiplexer::serve_waiting() {
  while (!calls_.full() && child_.state() == ChildState::Ready) {
    auto next = waiting_.pop();
    if (!next) return;
    serve(*std::move(next));
  }
}

void Multiplexer::serve(WaitingCall next) {
  if (next.call.purpose == mcp::Purpose::Probe) return send_probe(std::move(next));
  if (next.call.purpose == mcp::Purpose::Operator) {
    return send_call(std::move(next.call), next.method, mcp::read_params(next.params));
  }
  auto* const session = around_.sessions.find(next.call.to.session);
  if (session == nullptr) return;
  if (next.call.method == mcp::Method::Initialize) {
    answer_initialize(*session, next.call, next.params);
  } else if (next.call.method == mcp::Method::ResourcesSubscribe) {
    subscribe(std::move(next.call), mcp::read_params(next.params));
  } else {
    send_call(std::move(next.call), next.method, mcp::read_params(next.params));
  }
}

void Multiplexer::expire_waiting(TimePoint now) {
  while (auto const late = waiting_.take_expired(now)) {
    auto const ready = child_.state() == ChildState::Ready;
    if (ready && late->call.purpose == mcp::Purpose::Client) count_timeout(late->call);
    auto const why = ready ? std::string_view("it had others to answer first") : child_.why_not_ready();
    fail(late->call, Outcome::Timeout, ErrorCode::InternalError,
         fmt::format("the server '{}' was not ready in time: {}", config_.name, why), "timeout");
  }
}

}  // namespace gateway::backend
