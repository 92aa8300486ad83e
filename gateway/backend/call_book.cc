#include "gateway/backend/call_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "gateway/base/byte_scan.h"
#include "gateway/base/counted.h"
#include "gateway/base/json_text.h"
#include "gateway/mcp/input_request.h"
#include "gateway/mcp/labels.h"
#include "gateway/mcp/result_bridge.h"
#include "gateway/mcp/session_envelope.h"
#include "gateway/mcp/session_reply.h"
#include "gateway/mcp/stateless_reply.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::Session;
using rpc::ErrorCode;

namespace {

/// How long a peer may take to end a call that was taken back before it is given
/// the next in its place. Most never answer such a call.
constexpr Duration kCancelGrace = seconds(2);
/// How long such a call then keeps its id, so that a late answer is known for what
/// it is.
constexpr Duration kAbandonedFor = seconds(60);

/// Whether the name occurs in the text, unless it is spelled with escapes. Its capital is rare in most texts.
bool mentions_is_error(std::string_view text) {
  auto const* const end = text.data() + text.size();
  for (auto const* p = text.data(); (p = find_byte(p, end, [](auto x) { return equals(x, 'E'); })) != end; ++p) {
    auto const at = static_cast<std::size_t>(p - text.data());
    if (at >= 2 && text.substr(at - 2).starts_with("isError")) return true;
  }
  return false;
}

/// Whether a tools/call result says of itself that the tool failed.
bool is_tool_error(std::string_view result) {
  // A search is cheaper than a walk, and most results lack the member.
  return mentions_is_error(result) && rpc::find_member(result, "isError") == "true";
}

/// To a client of its own revision a stateless peer says what HTTP has statuses for. (MCP 2026-07-28, Streamable HTTP,
/// Sending Messages to the Server.)
Outcome outcome_of_error(std::string_view raw_error) {
  switch (static_cast<ErrorCode>(rpc::error_code(raw_error))) {
    case ErrorCode::MethodNotFound: return Outcome::MethodNotFound;
    case ErrorCode::HeaderMismatch:
    case ErrorCode::MissingClientCapability:
    case ErrorCode::UnsupportedProtocolVersion: return Outcome::Invalid;
    case ErrorCode::ParseError:
    case ErrorCode::InvalidRequest:
    case ErrorCode::InvalidParams:
    case ErrorCode::InternalError:
    case ErrorCode::SessionNotFound:
    case ErrorCode::BadRequest: break;
  }
  return Outcome::RpcError;
}

Outcome outcome_of(Call const& call, rpc::Message const& message, mcp::Era peer) {
  if (!message.error.empty()) {
    auto const both_stateless = call.era() == mcp::Era::Stateless && peer == mcp::Era::Stateless;
    return both_stateless ? outcome_of_error(message.error) : Outcome::RpcError;
  }
  if (call.method == mcp::Method::ToolsCall && is_tool_error(message.result)) return Outcome::ToolError;
  return Outcome::Ok;
}

rpc::Reply reply_to(Call const& call, rpc::Message const& message) {
  if (!message.error.empty()) return {call.client_id, rpc::Reply::Kind::Error, message.error, message.plain};
  return {call.client_id, rpc::Reply::Kind::Result, message.result, message.plain};
}

}  // namespace

// ── the one way out ──────────────────────────────────────────────────────────

void CallBook::end(Call const& call, Outcome outcome, rpc::Reply const& reply, Told told) {
  if (call.is_own()) {
    if (auto const question = questions_.take(call.question)) question->ended(call, outcome, reply);
  } else if (told == Told::Answer && call.era() != peer_era()) {
    end_bridged(call, outcome, reply);
  } else {
    end_client_call(call, outcome, reply, told);
  }
}

/// Answers a client of the era that is not the peer's.
void CallBook::end_bridged(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  if (call.era() == mcp::Era::Stateless) {
    auto const* const session = context_.sessions.find(call.to.session);
    auto const capabilities = session == nullptr ? std::string_view{} : session->capabilities;
    auto const adapted = mcp::stateless_reply(call, outcome, reply, handshake_, capabilities);
    end_client_call(call, adapted.outcome, {call.client_id, adapted.kind, adapted.body}, Told::Answer);
  } else {
    auto const adapted = mcp::session_reply(call, outcome, reply);
    end_client_call(call, adapted.outcome, {call.client_id, adapted.kind, adapted.body, reply.plain_body},
                    Told::Answer);
  }
}

void CallBook::end_client_call(Call const& call, Outcome outcome, rpc::Reply const& reply, Told told) {
  if (auto* const session = context_.sessions.find(call.to.session)) session->close(call.client_id);
  auto const is_error = reply.kind == rpc::Reply::Kind::Error;
  recorder_.ended(call, outcome, reply.body.size(),
                  is_error ? std::optional(rpc::error_code(reply.body)) : std::nullopt);
  switch (told) {
    case Told::Answer: return context_.clients.answer(call.to, outcome, reply);
    case Told::NoReply: return context_.clients.drop(call.to);
    case Told::Nothing: return;
  }
}

void CallBook::end_failed(Call const& call, Failure const& failure) {
  std::string data;
  if (!failure.reason.empty()) {
    auto const retryable = failure.outcome == Outcome::Busy || failure.outcome == Outcome::Unavailable;
    data = fmt::format(R"({{"reason":"{}","server":{},"retryable":{}}})", failure.reason, json_string(config_.name),
                       retryable);
  }
  auto const error = rpc::error_object(failure.code, failure.message, data);
  end(call, failure.outcome, {call.client_id, rpc::Reply::Kind::Error, error});
}

// ── held ─────────────────────────────────────────────────────────────────────

void HeldCall::end_lost() {
  auto& book = *std::exchange(book_, nullptr);
  book.end_failed(call_, {.outcome = Outcome::Unavailable, .message = "the gateway has lost the request"});
}

Call CallBook::release(HeldCall& held) {
  held.book_ = nullptr;
  return std::move(held.call_);
}

HeldCall CallBook::arrived(std::unique_ptr<OwnQuestion> question, OwnQuestion::Request const& request) {
  HeldCall held(*this);
  held->question = questions_.add(std::move(question));
  held->method = mcp::method_from(request.method);
  held->client = request.client;
  held->started = context_.loop.now();
  held->patience = request.patience;
  auto const unlimited = request.timed_from_sending || request.patience == OwnQuestion::kUnlimited;
  held->deadline = held->hard_deadline = unlimited ? TimePoint::max() : held->started + request.patience;
  return held;
}

void CallBook::finish(HeldCall&& held, Outcome outcome, rpc::Reply const& reply) {
  held.book_ = nullptr;
  end(held.call_, outcome, reply);
}

void CallBook::finish_ok(HeldCall&& held, std::string_view result) {
  finish(std::move(held), Outcome::Ok, {held->client_id, rpc::Reply::Kind::Result, result});
}

void CallBook::fail(HeldCall&& held, Failure const& failure) {
  held.book_ = nullptr;
  end_failed(held.call_, failure);
}

void CallBook::reject(HeldCall&& held, Failure const& failure) {
  count_rejected(*held, failure.reason);
  fail(std::move(held), failure);
}

/// Of clients' calls alone: the gateway's own are not traffic.
void CallBook::count_rejected(Call const& call, std::string_view reason) {
  if (!call.is_own()) metrics_.call_rejected(reason);
}

mcp::ParkedId CallBook::park(HeldCall&& held) {
  auto const id = mcp::ParkedId{++last_parked_};
  parked_.emplace(id, release(held));
  return id;
}

std::optional<HeldCall> CallBook::unpark(mcp::ParkedId id) {
  auto parked = parked_.extract(id);
  if (parked.empty()) return std::nullopt;
  return HeldCall(*this, std::move(parked.mapped()));
}

// ── to the peer ──────────────────────────────────────────────────────────────

void CallBook::send(HeldCall&& held, std::string_view method, mcp::Params const& params) {
  auto& call = *held;
  if (!sent_.admits(call.client)) return queue(std::move(held), method, params.raw);
  if (call.trace && !call.trace->given_on) {
    auto const traced = tracing().params_for_child(*call.trace, params.raw);
    if (!traced.empty()) return send(std::move(held), method, mcp::read_params(traced));
  }
  if (call.deadline == TimePoint::max()) {
    call.started = context_.loop.now();
    call.deadline = call.hard_deadline = call.started + call.patience;
  }
  call.progress_token.assign(params.progress_token);
  call.sent = context_.loop.right_now();
  auto* const session = context_.sessions.find(call.to.session);
  auto* const open = session == nullptr ? nullptr : session->find_open(call.client_id);
  auto const rewrite = rewrite_of(call, session);
  if (peer_era() != call.era()) keep_for_another_round(call, method, params.raw);
  held.book_ = nullptr;
  auto const id = sent_.open(std::move(call));
  if (!wire_.request(id, method, params, rewrite)) {
    return reject(HeldCall(*this, *sent_.close(id)),
                  {.outcome = Outcome::Busy,
                   .message = fmt::format("the server '{}' does not take more input now", config_.name),
                   .reason = "queue_full"});
  }
  if (open != nullptr) open->call = id;
}

/// A peer of the stateless revision is told with every request who asks: by the client itself if it speaks that
/// revision, else by us.
mcp::ParamsRewrite CallBook::rewrite_of(Call const& call, Session const* session) {
  if (peer_era() == mcp::Era::Sessions) return {.drop_task = sharing_ == mcp::Sharing::Shared};
  if (call.era() == mcp::Era::Stateless) return {.keep_envelope = true};
  auto const known = session != nullptr && !session->envelope.empty();
  envelope_ = known ? session->envelope : mcp::gateway_envelope(context_.version);
  if (session != nullptr && session->log_level) envelope_ = mcp::with_log_level(envelope_, *session->log_level);
  return {.drop_task = true, .envelope = envelope_};
}

/// A stateless peer may answer some requests of a client with a session by asking it for input.
void CallBook::keep_for_another_round(Call& call, std::string_view method, std::string_view params) const {
  if (call.era() == mcp::Era::Stateless || call.is_own() || call.again || !mcp::may_need_input(call.method)) return;
  call.again = std::make_unique<mcp::Again>(mcp::Again{.method = std::string(method), .params = std::string(params)});
}

bool CallBook::needs_input(Call const& call, rpc::Message const& message) const {
  return call.again && input_taker_ != nullptr && message.error.empty() &&
         mcp::result_type(message.result) == mcp::ResultType::InputRequired;
}

void CallBook::send_at_once(HeldCall&& held, OwnQuestion::Request const& request) {
  held->sent = context_.loop.right_now();
  auto const greets = held->method == mcp::Method::Initialize || held->method == mcp::Method::ServerDiscover;
  auto const rewrite = greets ? mcp::ParamsRewrite{.keep_envelope = true} : rewrite_of(*held, nullptr);
  auto const id = sent_.open(release(held));
  if (wire_.request(id, request.method, mcp::read_params(request.params), rewrite)) return;
  end_failed(*sent_.close(id),
             {.outcome = Outcome::Busy, .message = "the server takes no more requests now", .reason = "queue_full"});
}

// ── the queue ────────────────────────────────────────────────────────────────

/// Neither the gateway's own calls, which are few, nor those answered as soon as the peer is ready
/// count as too many.
void CallBook::queue(HeldCall&& held, std::string_view method, std::string_view params) {
  auto const limited = !held->is_own() && held->method != mcp::Method::Initialize;
  if (limited && queue_.size() >= config_.max_queue) {
    auto const given_up = queue_.make_room_for(held->client, held->to.session);
    auto const place_is_kept = peer_.state() == PeerState::Ready && !sent_.full();
    if (!given_up) return refuse_for_room(release(held), place_is_kept);
    refuse_for_room(given_up->call, place_is_kept || given_up->call.client != held->client);
  }
  if (held->queued == TimePoint{}) held->queued = context_.loop.now();
  queue_.push({release(held), std::string(method), std::string(params)});
}

void CallBook::refuse_for_room(Call const& call, bool for_others) {
  auto const reason = for_others ? "client_share" : "queue_full";
  auto message = for_others ? fmt::format("this client has its share of the server '{}'; others go first", config_.name)
                            : fmt::format("{} already {} for the server '{}'", counted(queue_.size(), "call"),
                                          queue_.size() == 1 ? "waits" : "wait", config_.name);
  count_rejected(call, reason);
  end_failed(call, {.outcome = Outcome::Busy, .message = std::move(message), .reason = reason});
}

std::optional<CallBook::Next> CallBook::next() {
  if (queue_.empty() || sent_.full() || peer_.state() != PeerState::Ready) return std::nullopt;
  auto next = queue_.pop([this](ClientId client) { return sent_.admits(client); });
  if (!next) return std::nullopt;
  return Next{HeldCall(*this, std::move(next->call)), std::move(next->method), std::move(next->params)};
}

void CallBook::take_over_queue(SessionId session, CallBook& from) {
  for (auto& each : from.queue_.take_all_of(session)) {
    queue(HeldCall(*this, std::move(each.call)), each.method, each.params);
  }
}

// ── answers ──────────────────────────────────────────────────────────────────

bool CallBook::answered(CallId id, rpc::Message const& message) {
  auto call = sent_.close(id);
  if (!call) return false;
  hang_.answered();
  metrics_.child_answered(label(call->method), context_.loop.now() - call->sent);
  if (call->abandoned) return false;
  if (needs_input(*call, message)) {
    input_taker_->on_input_required(HeldCall(*this, *std::move(call)), message.result);
    return true;
  }
  end(*call, outcome_of(*call, message, peer_era()), reply_to(*call, message));
  return true;
}

bool CallBook::answer_too_large(CallId id) {
  auto const call = sent_.close(id);
  if (!call) return false;
  hang_.answered();
  if (call->abandoned) return true;
  // To the gateway itself it is an answer, though not a useful one.
  end_failed(*call, {.outcome = call->is_own() ? Outcome::RpcError : Outcome::ChildExited,
                     .message = fmt::format("the server's answer is larger than the limit of {} bytes",
                                            context_.limits.max_result_bytes),
                     .reason = "result_too_large"});
  return true;
}

Call const* CallBook::progressed(CallId id) {
  auto* const call = sent_.find(id);
  if (call == nullptr || call->abandoned || call->progress_token.empty()) return nullptr;
  call->deadline = std::min(context_.loop.now() + call->patience, call->hard_deadline);
  return call;
}

void CallBook::end_parked(mcp::ParkedId id, Call const& awaited, Outcome outcome, rpc::Reply const& reply) {
  auto parked = parked_.extract(id);
  if (parked.empty()) return;
  auto& call = parked.mapped();
  if (awaited.sent != TimePoint{}) call.sent = std::max(awaited.sent, call.started);
  end(call, outcome, {call.client_id, reply.kind, reply.body, reply.plain_body});
}

// ── suspended ────────────────────────────────────────────────────────────────

/// Its time is the watcher's to keep.
void CallBook::suspend(CallId id, std::unique_ptr<OwnQuestion> watcher, std::string_view result) {
  auto* const call = sent_.find(id);
  if (call == nullptr) return;
  Call rest;
  rest.question = questions_.add(std::move(watcher));
  rest.suspended = true;
  rest.method = call->method;
  rest.to.session = call->to.session;
  rest.client = call->client;
  rest.started = call->started;
  rest.sent = call->sent;
  rest.deadline = rest.hard_deadline = TimePoint::max();
  auto const asked = std::exchange(*call, std::move(rest));
  end(asked, Outcome::Ok, {asked.client_id, rpc::Reply::Kind::Result, result});
}

void CallBook::resume(CallId id, HeldCall&& held) {
  auto* const call = sent_.find(id);
  if (call == nullptr || !call->suspended) return;
  (void)questions_.take(call->question);
  held->client = call->client;  // the slot it holds is still that client's
  held->sent = context_.loop.right_now();
  auto* const session = context_.sessions.find(held->to.session);
  auto* const open = session == nullptr ? nullptr : session->find_open(held->client_id);
  *call = release(held);
  if (open != nullptr) open->call = id;
}

void CallBook::take_back(CallId id, Outcome outcome, rpc::Reply const& reply) {
  if (auto const call = abandon(id, {})) end(*call, outcome, {call->client_id, reply.kind, reply.body});
}

void CallBook::lacks(CallId id, std::string_view capability) {
  auto* const call = sent_.find(id);
  if (call != nullptr && call->stateless != nullptr) call->stateless->lacking = capability;
}

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

/// A call whose client is asked for input. Others that are parked wait for an answer of the peer that comes anyway.
bool CallBook::cancel_parked(SessionId session, std::string_view request_id) {
  for (auto at = parked_.begin(); at != parked_.end(); ++at) {
    auto const& call = at->second;
    if (!call.again || call.to.session != session || call.client_id != request_id) continue;
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
    auto const call = sent_.drop(id);
    if (!call || call->abandoned) continue;
    end_failed(*call, {.outcome = Outcome::ChildExited, .message = message, .reason = "child_exited"});
  }
}

void CallBook::fail_queued(std::string_view why) {
  auto const message = fmt::format("the server '{}' cannot answer: {}", config_.name, why);
  for (auto const& queued : queue_.take_all()) {
    end_failed(queued.call, {.outcome = Outcome::Unavailable, .message = message, .reason = "not_running"});
  }
}

void CallBook::fail_questions_of_run(std::string_view why) {
  for (auto& own : queue_.take_all_of(SessionId{})) {
    if (questions_.find(own.call.question)->outlives_run()) {
      queue_.push(std::move(own));
    } else {
      end_failed(own.call, {.outcome = Outcome::ChildExited, .message = std::string(why), .reason = "child_exited"});
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
    end_failed(*given_up, {.outcome = Outcome::Timeout,
                           .message = fmt::format("the server '{}' did not answer within {:.1f} s", config_.name,
                                                  to_ms(now - given_up->started) / 1000),
                           .reason = "timeout"});
  }
}

void CallBook::expire_abandoned(CallId id, Call& call, TimePoint now) {
  if (call.written_off) return (void)sent_.drop(id);
  sent_.write_off(call);
  call.deadline = now + kAbandonedFor;
}

void CallBook::expire_queued(TimePoint now) {
  while (auto const late = queue_.take_expired(now)) {
    auto const ready = peer_.state() == PeerState::Ready;
    if (ready && !late->call.is_own()) hang_.timed_out(late->call.started, peer_.last_heard());
    auto const why = ready ? std::string_view("it had others to answer first") : peer_.why_not_ready();
    end_failed(late->call, {.outcome = Outcome::Timeout,
                            .message = fmt::format("the server '{}' was not ready in time: {}", config_.name, why),
                            .reason = "timeout"});
  }
}

// ── runs and figures ─────────────────────────────────────────────────────────

void CallBook::begin_run() {
  hang_ = {};
  sent_.begin_run();
}

std::size_t CallBook::awaited_parked() const {
  return static_cast<std::size_t>(std::count_if(parked_.begin(), parked_.end(), [](auto const& each) {
    return each.second.method != mcp::Method::SubscriptionsListen;
  }));
}

std::size_t CallBook::owed() const {
  auto owed = awaited_parked() + queue_.size() - queue_.size_of(SessionId{});
  sent_.for_each([&](CallId, Call const& call) {
    if (!call.is_own() && !call.abandoned) ++owed;
  });
  return owed;
}

}  // namespace gateway::backend
