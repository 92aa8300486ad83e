// How clients' requests end: answered, refused, taken back, or out of time.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/backend/multiplexer.h"
#include "gateway/base/json_text.h"
#include "gateway/mcp/labels.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::Purpose;
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

/// The one way a client's request is answered.
void Multiplexer::finish(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  if (call.purpose == Purpose::Probe) return on_probed(call, outcome, reply);
  if (call.purpose == Purpose::Operator) return on_operator_answer(call, outcome, reply);
  if (auto* const session = around_.sessions.find(call.to.session)) session->close(call.client_id);
  auto const is_error = reply.kind == rpc::Reply::Kind::Error;
  record(call, outcome, reply.body.size(), is_error ? std::optional(rpc::error_code(reply.body)) : std::nullopt);
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
  if (call) send_cancel(id, reason);
  return call;
}

/// The access record of one request, written on every way it can end.
void Multiplexer::record(Call const& call, Outcome outcome, std::size_t bytes_out, std::optional<int> rpc_code) {
  auto const* const session = around_.sessions.find(call.to.session);
  auto const transport = session == nullptr ? std::string_view("oneshot") : label(session->transport);
  auto const took = around_.world.loop.right_now() - call.started;
  auto const is_tool = call.method == mcp::Method::ToolsCall;
  auto const status = around_.clients.status_of(call.to, outcome);
  count(call, outcome, transport, status, took, bytes_out, rpc_code);
  if (call.audited) audit(call, outcome, bytes_out);
  auto const traced = around_.world.tracer.on() ? end_trace(call, outcome, took, rpc_code) : TraceNames{};
  auto const now = around_.world.loop.now();
  auto const was_sent = call.sent != TimePoint{};
  auto const waited = (was_sent ? call.sent : now) - call.queued;
  using log::Label;
  using log::member;
  around_.world.log.record<"request.done", "request done">(
      member<"server">(Label{config_.name}), member<"transport">(Label{transport}),
      member<"method">(Label{label(call.method)}),
      member<"tool">(is_tool ? std::string_view(call.subject) : std::string_view{}),
      member<"outcome">(Label{label(outcome)}), member<"code">(status), member<"rpc_code">(rpc_code),
      member<"duration_ms">(took),
      member<"child_ms">(was_sent ? std::optional(now - call.sent) : std::nullopt),
      member<"queue_ms">(call.queued != TimePoint{} ? std::optional(waited) : std::nullopt),
      member<"bytes_in">(call.bytes_in), member<"bytes_out">(bytes_out),
      member<"session">(Label{session == nullptr ? std::string_view{} : std::string_view(session->log_id)}),
      member<"principal">(Label{session == nullptr ? std::string_view{} : std::string_view(session->principal)}),
      member<"request_id">(Label{call.request_id.view()}), member<"trace_id">(Label{traced.trace}),
      member<"span_id">(Label{traced.span}));
}

/// Who called what: kept apart from the access record, for other readers.
void Multiplexer::audit(Call const& call, Outcome outcome, std::size_t bytes_out) {
  auto const* const session = around_.sessions.find(call.to.session);
  auto const refused = outcome == Outcome::Busy || outcome == Outcome::Invalid;
  around_.world.log.audit("audit.call", "tool called",
                          {{"server", config_.name},
                           {"tool", call.subject},
                           {"decision", refused ? "refused" : "allowed"},
                           {"outcome", label(outcome)},
                           {"arguments", call.audited->arguments},
                           {"bytes_out", bytes_out},
                           {"session", session == nullptr ? std::string_view{} : std::string_view(session->log_id)},
                           {"principal", session == nullptr ? std::string_view{} : std::string_view(session->principal)},
                           {"remote", call.audited->remote},
                           {"request_id", call.request_id.view()}});
}

/// The metrics of one request.
void Multiplexer::count(Call const& call, Outcome outcome, std::string_view transport, std::optional<int> status,
                        Duration took, std::size_t bytes_out, std::optional<int> rpc_code) {
  auto const is_tool = call.method == mcp::Method::ToolsCall;
  auto const was_sent = call.sent != TimePoint{};
  auto const ended = call.started + took;
  probe_.call_ended(
      {.transport = transport,
       .method = label(call.method),
       .outcome = label(outcome),
       .code = status,
       .rpc_code = rpc_code,
       .tool = is_tool ? std::string_view(call.subject) : std::string_view{},
       .took = took,
       // It was the child's until this turn began; what the turn itself takes is ours.
       .at_child = was_sent ? std::max(around_.world.loop.now() - call.sent, Duration{}) : Duration{},
       .waited = call.queued != TimePoint{} ? (was_sent ? call.sent : ended) - call.queued : Duration{},
       .bytes_in = call.bytes_in,
       .bytes_out = bytes_out});
}

/// What a run of the child owed will not come.
void Multiplexer::fail_owed(std::string_view why) {
  auto const message = fmt::format("the server '{}' cannot answer: {}", config_.name, why);
  std::vector<CallId> owed;
  calls_.for_each([&](CallId id, Call&) { owed.push_back(id); });
  for (auto const id : owed) {
    auto const call = calls_.drop(id);
    if (!call || call->abandoned) continue;
    if (has_asker(call->purpose)) {
      fail(*call, Outcome::ChildExited, ErrorCode::InternalError, message, "child_exited");
    } else if (call->purpose == Purpose::Subscribe) {
      on_subscribed(*call, {.kind = rpc::MessageKind::Response, .id = {}, .method = {}, .params = {}, .result = {},
                            .error = rpc::error_object(ErrorCode::InternalError, message)});
    }
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
    if (call.purpose == Purpose::Client && !call.abandoned) ++owed;
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
  auto const refreshes = sharing_ == Sharing::Shared && config_.tools_refresh > Duration{} && handshake_ &&
                         handshake_->has_tools() && !handshake_->tells_tool_changes();
  if (refreshes && child_.state() == ChildState::Ready && shelf_.list() != nullptr &&
      shelf_.age(now) > config_.tools_refresh && calls_.size() == 0) {
    list_again();
  }
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
    if (call->abandoned && !call->written_off) {
      calls_.write_off(*call);
      call->deadline = now + kAbandonedFor;
      continue;
    }
    if (call->abandoned || !has_asker(call->purpose)) {
      auto const closed = calls_.drop(id);
      if (closed->purpose == Purpose::ListTools) shelf_.give_up();
      if (closed->purpose == Purpose::SetLogLevel) on_log_level_set();
      if (closed->purpose == Purpose::Subscribe) {
        on_subscribed(*closed, {.kind = rpc::MessageKind::Response, .id = {}, .method = {}, .params = {}, .result = {},
                                .error = rpc::error_object(ErrorCode::InternalError, "the server did not answer")});
      }
      continue;
    }
    if (call->purpose == Purpose::Client) count_timeout(*call);
    auto const given_up = abandon(id, R"("the gateway's time limit passed")");
    fail(*given_up, Outcome::Timeout, ErrorCode::InternalError,
         fmt::format("the server '{}' did not answer within {:.1f} s", config_.name, to_ms(now - given_up->started) / 1000),
         "timeout");
  }
}

/// Whether a child lives is told by what its callers got of it in their whole
/// time, also those that were waiting behind others; it is never asked (a ping
/// behind a long call of a child that does one thing at a time would wait too).
void Multiplexer::count_timeout(Call const& call) {
  silent_timeouts_ = child_.last_heard() < call.started ? silent_timeouts_ + 1 : 0;
}

void Multiplexer::end_if_hung() {
  if (silent_timeouts_ < kSilentTimeouts) return;
  silent_timeouts_ = 0;
  around_.world.log.warn("child.hang", "child gave no sound through several timeouts and is ended",
                         {{"server", config_.name}, {"child.pid", child_.pid()}});
  fail_owed("it did not answer and is ended");
  child_.end_hung();
}

void Multiplexer::expire_client_requests(TimePoint now) {
  while (auto const request = client_requests_.close_expired(now)) {
    give_up_client_request(*request, "the client did not answer in time");
  }
}

/// The child must never be left waiting: one that waits may serve nobody else.
void Multiplexer::give_up_client_request(mcp::ClientRequest const& request, std::string_view why) {
  if (request.method == mcp::Method::ElicitationCreate) {
    send_answer(request.child_id, "result", R"({"action":"cancel"})");
  } else {
    send_answer(request.child_id, "error", rpc::error_object(ErrorCode::InternalError, why));
  }
  auto const id = fmt::format_int(request.id);
  around_.clients.notify(sole_, {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)",
                                 {id.data(), id.size()}, "}}"});
}

}  // namespace gateway::backend
