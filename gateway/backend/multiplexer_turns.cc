// How requests wait until the child can take them.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/multiplexer.h"

#include "gateway/base/counted.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::WaitingCall;
using rpc::ErrorCode;

/// Until the child is ready, or owes less, or less to this client. When too many wait
/// already, the client that has most of them, and of its sessions the one that has,
/// gives one up for one that has less. The gateway's own, which are few, are always queued.
void Multiplexer::wait(Call&& call, std::string_view method, std::string_view params) {
  if (!call.is_own() && waiting_.size() >= config_.max_queue) {
    auto const given_up = waiting_.make_room_for(call.client, call.to.session);
    auto const& refused = given_up ? given_up->call : call;
    auto const for_another = refused.client != call.client;
    auto const place_is_kept = peer_->state() == PeerState::Ready && !calls_.full();
    refuse(refused, for_another || place_is_kept ? Cause::ClientShare : Cause::QueueFull);
    if (!given_up) return;
  }
  if (call.queued == TimePoint{}) call.queued = around_.world.loop.now();
  waiting_.push({std::move(call), std::string(method), std::string(params)});
}

void Multiplexer::refuse(Call const& call, Cause cause) {
  auto const for_others = cause == Cause::ClientShare;
  auto const reason = for_others ? "client_share" : "queue_full";
  auto const message = for_others
                           ? fmt::format("this client has its share of the server '{}'; others go first", config_.name)
                           : fmt::format("{} already {} for the server '{}'", counted(waiting_.size(), "call"),
                                         waiting_.size() == 1 ? "waits" : "wait", config_.name);
  count_rejected(call, reason);
  fail(call, Outcome::Busy, ErrorCode::InternalError, message, reason);
}

/// Client by client, and session by session, as many as the child may owe them.
void Multiplexer::serve_waiting() {
  while (!calls_.full() && peer_->state() == PeerState::Ready) {
    auto next = waiting_.pop([this](ClientId client) { return calls_.admits(client); });
    if (!next) return;
    serve(*std::move(next));
  }
}

void Multiplexer::serve(WaitingCall next) {
  if (next.call.is_own()) return send_call(std::move(next.call), next.method, mcp::read_params(next.params));
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
    auto const ready = peer_->state() == PeerState::Ready;
    if (ready && !late->call.is_own()) count_timeout(late->call);
    auto const why = ready ? std::string_view("it had others to answer first") : peer_->why_not_ready();
    fail(late->call, Outcome::Timeout, ErrorCode::InternalError,
         fmt::format("the server '{}' was not ready in time: {}", config_.name, why), "timeout");
  }
}

}  // namespace gateway::backend
