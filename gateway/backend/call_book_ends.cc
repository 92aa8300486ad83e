// How calls end that the peer does not answer: cancelled, failed or out of time.
#include <fmt/format.h>

#include <iterator>
#include <utility>
#include <vector>

#include "gateway/backend/call_book.h"
#include "gateway/base/clock.h"
#include "gateway/mcp/labels.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Session;

namespace {

/// How long a peer may take to end a call that was taken back before it is given the next in its place. Most never
/// answer such a call.
constexpr Duration kCancelGrace = seconds(2);
/// How long such a call then keeps its id, so that a late answer is known for what it is. Then as long as any call may
/// take, what the peer says may be about it.
constexpr Duration kAbandonedFor = seconds(60);

}  // namespace

// ── cancelled ────────────────────────────────────────────────────────────────

/// Nobody waits for it any more: the peer is told, and its id is kept for a while.
std::optional<Call> CallBook::abandon(CallId id, std::string_view reason) {
  auto call = sent_.abandon(id, context_.loop.now() + kCancelGrace);
  if (call) wire_.cancel(id, reason);
  return call;
}

/// Within the session alone: another session's id, or one that is answered, is
/// not found and changes nothing. (MCP 2025-11-25, Cancellation.)
void CallBook::cancel(Session& session, std::string_view request_id, std::string_view reason) {
  auto const* const open = session.find_open(request_id);
  if (open == nullptr) return;
  if (auto const call = abandon(open->call, reason)) {
    metrics_.notified(metrics::Way::In, label(mcp::Method::Cancelled));
    return end_cancelled(*call, Told::NoReply);
  }
  auto queued = queue_.take(session.id, request_id);
  if (!queued) {
    if (cancel_parked(session.id, request_id)) metrics_.notified(metrics::Way::In, label(mcp::Method::Cancelled));
    return;
  }
  // An initialize cannot be taken back.
  if (queued->call.method == mcp::Method::Initialize) return queue_.push(*std::move(queued));
  end_cancelled(queued->call, Told::NoReply);
}

/// A call whose client is asked for input, or of a tool. Others that are parked wait for an answer of the peer that comes
/// anyway.
bool CallBook::cancel_parked(SessionId session, std::string_view request_id) {
  for (auto at = parked_.begin(); at != parked_.end(); ++at) {
    auto const& call = at->second;
    auto const may_be_cancelled = call.again || call.method == mcp::Method::ToolsCall;
    if (!may_be_cancelled || call.to.session != session || call.client_id != request_id) continue;
    end_cancelled(parked_.extract(at).mapped(), Told::NoReply);
    return true;
  }
  return false;
}

std::vector<Call> CallBook::take_all_of(Session& session) {
  std::vector<Call> taken;
  for (auto& queued : queue_.take_all_of(session.id)) taken.push_back(std::move(queued.call));
  for (auto const& request : session.open) {
    if (auto call = abandon(request.call, {})) taken.push_back(*std::move(call));
  }
  for (auto at = parked_.begin(); at != parked_.end();) {
    auto const next = std::next(at);
    if (at->second.to.session == session.id) taken.push_back(std::move(parked_.extract(at).mapped()));
    at = next;
  }
  session.open.clear();
  return taken;
}

void CallBook::cancel_all_of(Session& session) {
  for (auto const& call : take_all_of(session)) end_cancelled(call, Told::Nothing);
}

void CallBook::fail_all_of(Session& session, Failure const& failure) {
  for (auto const& call : take_all_of(session)) end_failed(call, failure);
}

// ── failed ───────────────────────────────────────────────────────────────────

void CallBook::fail_sent(std::string_view why) {
  auto const message = fmt::format("the server '{}' cannot answer: {}", config_.name, why);
  std::vector<CallId> owed;
  sent_.for_each([&](CallId id, Call const&) { owed.push_back(id); });
  for (auto const id : owed) {
    // Until another run begins, the child may still speak of it.
    auto const call = sent_.drop(id, TimePoint::max());
    if (!call || call->abandoned) continue;
    end_failed(*call, {.outcome = mcp::Outcome::ChildExited, .message = message, .reason = "child_exited"});
  }
}

void CallBook::fail_queued(std::string_view why) {
  auto const message = fmt::format("the server '{}' cannot answer: {}", config_.name, why);
  for (auto const& queued : queue_.take_all()) {
    end_failed(queued.call, {.outcome = mcp::Outcome::Unavailable, .message = message, .reason = "not_running"});
  }
}

void CallBook::fail_questions_of_run(std::string_view why) {
  for (auto& own : queue_.take_all_of(SessionId{})) {
    if (questions_.find(own.call.question)->outlives_run()) {
      queue_.push(std::move(own));
    } else {
      end_failed(own.call,
                 {.outcome = mcp::Outcome::ChildExited, .message = std::string(why), .reason = "child_exited"});
    }
  }
}

// ── out of time ──────────────────────────────────────────────────────────────

void CallBook::expire(TimePoint now) {
  if (sent_.size() > 0) expire_sent(now);
  if (!queue_.empty()) expire_queued(now);
}

void CallBook::expire_sent(TimePoint now) {
  std::vector<CallId> late;
  sent_.for_each([&](CallId id, Call const& call) {
    if (call.deadline <= now) late.push_back(id);
  });
  for (auto const id : late) {
    auto* const call = sent_.find(id);
    if (call == nullptr) continue;
    if (call->abandoned) {
      expire_abandoned(id, *call, now);
      continue;
    }
    if (!call->is_own()) hang_.timed_out(call->started, peer_.last_heard());
    auto const given_up = abandon(id, R"("the gateway's time limit passed")");
    end_failed(*given_up, {.outcome = mcp::Outcome::Timeout,
                           .message = fmt::format("the server '{}' did not answer within {:.1f} s", config_.name,
                                                  to_ms(now - given_up->started) / 1000),
                           .reason = "timeout"});
  }
}

void CallBook::expire_abandoned(CallId id, Call& call, TimePoint now) {
  if (call.written_off) return (void)sent_.drop(id, now + config_.call_timeout_max);
  sent_.write_off(call);
  call.deadline = now + kAbandonedFor;
}

void CallBook::expire_queued(TimePoint now) {
  while (auto const late = queue_.take_expired(now)) {
    auto const ready = peer_.state() == PeerState::Ready;
    if (ready && !late->call.is_own()) hang_.timed_out(late->call.started, peer_.last_heard());
    auto const why = ready ? std::string_view("it had others to answer first") : peer_.why_not_ready();
    end_failed(late->call, {.outcome = mcp::Outcome::Timeout,
                            .message = fmt::format("the server '{}' was not ready in time: {}", config_.name, why),
                            .reason = "timeout"});
  }
}

}  // namespace gateway::backend
