// How clients' requests end: answered, refused, taken back, or out of time.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/multiplexer.h"
#include "gateway/base/json_text.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::Sharing;
using rpc::ErrorCode;

namespace {

/// How long a child may take to end a call that was taken back before it is given
/// the next in its place. Most never answer such a call.
constexpr Duration kCancelGrace = seconds(2);
/// How long such a call then keeps its id, so that a late answer is known for what
/// it is.
constexpr Duration kAbandonedFor = seconds(60);
/// Timeouts in a row, without a sound from the child, after which it counts as hung.
constexpr int kSilentTimeouts = 3;

}  // namespace

// ── how requests end ─────────────────────────────────────────────────────────

/// The one way a request is answered: a client's, or one of the gateway's own.
void Multiplexer::finish(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  if (call.is_own()) {
    if (auto const question = questions_.take(call.question)) question->ended(call, outcome, reply);
    return;
  }
  if (auto* const session = around_.sessions.find(call.to.session)) session->close(call.client_id);
  auto const is_error = reply.kind == rpc::Reply::Kind::Error;
  recorder_.ended(call, outcome, reply.body.size(),
                  is_error ? std::optional(rpc::error_code(reply.body)) : std::nullopt);
  around_.clients.answer(call.to, outcome, reply);
}

void Multiplexer::finish_ok(Call const& call, std::string_view result) {
  finish(call, Outcome::Ok, {call.client_id, rpc::Reply::Kind::Result, result});
}

void Multiplexer::fail(Call const& call, Outcome outcome, ErrorCode code, std::string_view message,
                       std::string_view reason) {
  std::string data;
  if (!reason.empty()) {
    auto const retryable = outcome == Outcome::Busy || outcome == Outcome::Unavailable;
    data = fmt::format(R"({{"reason":"{}","server":{},"retryable":{}}})", reason, json_string(config_.name), retryable);
  }
  auto const error = rpc::error_object(code, message, data);
  finish(call, outcome, {call.client_id, rpc::Reply::Kind::Error, error});
}

/// Nobody waits for it any more: the child is told, and its id is kept for a while.
std::optional<Call> Multiplexer::abandon(CallId id, std::string_view reason) {
  auto call = calls_.abandon(id, around_.world.loop.now() + kCancelGrace);
  if (call) wire_.cancel(id, reason);
  return call;
}

/// What a run of the child owed will not come.
void Multiplexer::fail_owed(std::string_view why) {
  auto const message = fmt::format("the server '{}' cannot answer: {}", config_.name, why);
  std::vector<CallId> owed;
  calls_.for_each([&](CallId id, Call&) { owed.push_back(id); });
  for (auto const id : owed) {
    auto const call = calls_.drop(id);
    if (!call || call->abandoned) continue;
    fail(*call, Outcome::ChildExited, ErrorCode::InternalError, message, "child_exited");
  }
}

void Multiplexer::fail_waiting(std::string_view why) {
  auto const message = fmt::format("the server '{}' cannot answer: {}", config_.name, why);
  for (auto const& waiting : waiting_.take_all()) {
    fail(waiting.call, Outcome::Unavailable, ErrorCode::InternalError, message, "not_running");
  }
}

// ── time ─────────────────────────────────────────────────────────────────────

/// The gateway's own calls, and those their clients took back, end with nobody
/// the wiser: nobody waits for them.
std::size_t Multiplexer::calls_owed() const {
  auto owed = waiting_.size() - waiting_.size_of(SessionId{});
  calls_.for_each([&](CallId, Call const& call) {
    if (!call.is_own() && !call.abandoned) ++owed;
  });
  return owed;
}

void Multiplexer::tick() {
  auto const now = around_.world.loop.now();
  if (calls_.size() > 0) expire_calls(now);
  if (!waiting_.empty()) {
    expire_waiting(now);
    serve_waiting();  // a call that was given up may have made room
  }
  end_if_hung();
  expire_client_requests(now);
  auto const refreshes =
      sharing_ == Sharing::Shared && handshake_ && handshake_->has_tools() && !handshake_->tells_tool_changes();
  if (refreshes && peer_->state() == PeerState::Ready && calls_.size() == 0) tools_.refresh_when_due(now);
  recycle_when_due(now);
  sleep_when_unused(now);
  if (deep_probe_) probe_when_due(now);  // last: a probe under way is something to do
}

void Multiplexer::expire_calls(TimePoint now) {
  std::vector<CallId> late;
  calls_.for_each([&](CallId id, Call const& call) {
    if (call.deadline <= now) late.push_back(id);
  });
  for (auto const id : late) {
    auto* const call = calls_.find(id);
    if (call == nullptr) continue;
    if (call->abandoned) {
      if (call->written_off) {
        (void)calls_.drop(id);
      } else {
        calls_.write_off(*call);
        call->deadline = now + kAbandonedFor;
      }
      continue;
    }
    if (!call->is_own()) count_timeout(*call);
    auto const given_up = abandon(id, R"("the gateway's time limit passed")");
    fail(*given_up, Outcome::Timeout, ErrorCode::InternalError,
         fmt::format("the server '{}' did not answer within {:.1f} s", config_.name,
                     to_ms(now - given_up->started) / 1000),
         "timeout");
  }
}

/// Whether a child lives is told by what its callers got of it in their whole
/// time, also those that were waiting behind others; it is never asked (a ping
/// behind a long call of a child that does one thing at a time would wait too).
void Multiplexer::count_timeout(Call const& call) {
  silent_timeouts_ = peer_->last_heard() < call.started ? silent_timeouts_ + 1 : 0;
}

void Multiplexer::end_if_hung() {
  if (silent_timeouts_ < kSilentTimeouts) return;
  silent_timeouts_ = 0;
  around_.world.log.warn("child.hang", "child gave no sound through several timeouts and is ended",
                         {{"server", config_.name}, {"child.pid", peer_->pid()}});
  fail_owed("it did not answer and is ended");
  peer_->end_hung();
}

void Multiplexer::expire_client_requests(TimePoint now) {
  while (auto const request = client_requests_.close_expired(now)) {
    give_up_client_request(*request, "the client did not answer in time");
  }
}

/// The child must never be left waiting: one that waits may serve nobody else.
void Multiplexer::give_up_client_request(mcp::ClientRequest const& request, std::string_view why) {
  if (request.method == mcp::Method::ElicitationCreate) {
    wire_.answer(request.child_id, R"({"action":"cancel"})");
  } else {
    wire_.refuse(request.child_id, rpc::error_object(ErrorCode::InternalError, why));
  }
  auto const id = fmt::format_int(request.id);
  around_.clients.notify(
      sole_,
      {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)", {id.data(), id.size()}, "}}"});
}

}  // namespace gateway::backend
