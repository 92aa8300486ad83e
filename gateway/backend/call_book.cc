#include "gateway/backend/call_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "gateway/base/counted.h"
#include "gateway/base/json_text.h"
#include "gateway/mcp/answer_outcome.h"
#include "gateway/mcp/input_request.h"
#include "gateway/mcp/labels.h"
#include "gateway/mcp/result_bridge.h"
#include "gateway/mcp/visible_list.h"

namespace gateway::backend {

using mcp::Call;
using mcp::CircuitPermit;
using mcp::Outcome;
using mcp::Session;
using rpc::ErrorCode;

namespace {

/// How long after its answer a peer may still say something of a call: most of it is on its way already.
constexpr Duration kAfterwards = milliseconds(250);

/// Whether such a failure's message says what happened inside.
bool tells_how(Outcome outcome) {
  return outcome == Outcome::Timeout || outcome == Outcome::ChildExited || outcome == Outcome::Unavailable;
}

rpc::Reply reply_to(Call const& call, rpc::Message const& message) {
  if (!message.error.empty()) return {call.client_id, rpc::Reply::Kind::Error, message.error, message.plain};
  return {call.client_id, rpc::Reply::Kind::Result, message.result, message.plain};
}

std::optional<int> code_of(rpc::Reply const& reply) {
  return reply.kind == rpc::Reply::Kind::Error ? std::optional(rpc::error_code(reply.body)) : std::nullopt;
}

}  // namespace

// ── the one way out ──────────────────────────────────────────────────────────

void CallBook::end(Call const& call, Outcome outcome, rpc::Reply const& reply, Told told, std::string_view reason) {
  if (call.is_own()) {
    if (call.permit != CircuitPermit{}) tell_circuit(call, outcome, reply);  // of a client that is away
    if (auto const question = questions_.take(call.question)) question->ended(call, outcome, reply);
  } else if (call.granted != nullptr && call.granted->names && told == Told::Answer &&
             reply.kind == rpc::Reply::Kind::Result) {
    end_with_visible(call, outcome, reply);
  } else {
    end_bridged(call, outcome, reply, told, reason);
  }
}

/// A list of which the client may not see everything.
void CallBook::end_with_visible(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  auto const visible = mcp::visible_list(call.method, reply.body, *call.granted->names);
  if (visible) return end_bridged(call, outcome, {reply.id, reply.kind, *visible, reply.plain_body}, Told::Answer);
  auto const error = rpc::error_object(
      ErrorCode::InternalError, fmt::format("the server '{}' has sent a list that cannot be read", config_.name));
  end_bridged(call, Outcome::RpcError, {reply.id, rpc::Reply::Kind::Error, error}, Told::Answer);
}

void CallBook::end_bridged(Call const& call, Outcome outcome, rpc::Reply const& reply, Told told,
                           std::string_view reason) {
  if (told == Told::Answer && bridge_.spanned_by(call)) {
    auto const bridged = bridge_.reply_for(call, outcome, reply);
    end_client_call(call, bridged.outcome, {call.client_id, bridged.kind, bridged.body, bridged.plain_body}, told,
                    reason);
  } else {
    end_client_call(call, outcome, reply, told, reason);
  }
}

void CallBook::end_client_call(Call const& call, Outcome outcome, rpc::Reply const& reply, Told told,
                               std::string_view reason) {
  if (auto* const session = context_.sessions.find(call.to.session)) session->close(call.client_id);
  if (call.permit != CircuitPermit{}) tell_circuit(call, outcome, reply);
  recorder_.ended(call,
                  {.outcome = outcome, .reason = reason, .bytes_out = reply.body.size(), .rpc_code = code_of(reply)});
  switch (told) {
    case Told::Answer: return context_.clients.answer(call.to, outcome, reply);
    case Told::NoReply: return context_.clients.drop(call.to);
    case Told::Nothing: return;
  }
}

/// A client that is asked for input comes back with another request, which then counts.
void CallBook::tell_circuit(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  auto const comes_back = call.era() == mcp::Era::Stateless && outcome == Outcome::Ok &&
                          mcp::may_need_input(call.method) &&
                          mcp::result_type(reply.body) == mcp::ResultType::InputRequired;
  if (comes_back || (outcome == Outcome::Timeout && call.client_asked)) return circuits_->excuse(call.permit);
  circuits_->ended(call.permit, outcome, code_of(reply));
}

void CallBook::end_failed(Call const& call, Failure const& failure) {
  std::string data;
  if (!failure.reason.empty()) {
    auto const retryable = failure.outcome == Outcome::Busy || failure.outcome == Outcome::Unavailable ||
                           failure.outcome == Outcome::Limited;
    auto const tool = failure.tool.empty() ? std::string{} : fmt::format(R"(,"tool":{})", json_string(failure.tool));
    auto const after = failure.retry_after ? fmt::format(R"(,"retry_after_ms":{})",
                                                         std::chrono::ceil<milliseconds>(*failure.retry_after).count())
                                           : std::string{};
    data = fmt::format(R"({{"reason":"{}","server":{},"retryable":{}{}{}}})", failure.reason, json_string(config_.name),
                       retryable, tool, after);
  }
  // An operator's own call and the gateway's questions are told how.
  auto const message = context_.terms->mask_errors && call.is_of_client() && tells_how(failure.outcome)
                           ? fmt::format("the server '{}' cannot answer now", config_.name)
                           : failure.message;
  auto const error = rpc::error_object(failure.code, message, data);
  end(call, failure.outcome, {call.client_id, rpc::Reply::Kind::Error, error}, Told::Answer, failure.reason);
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
  auto const rewrite = bridge_.rewrite_of(call, session);
  if (bridge_.spanned_by(call)) bridge_.keep_for_another_round(call, method, params.raw);
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

void CallBook::send_at_once(HeldCall&& held, OwnQuestion::Request const& request) {
  held->sent = context_.loop.right_now();
  auto const greets = held->method == mcp::Method::Initialize || held->method == mcp::Method::ServerDiscover;
  auto const rewrite = greets ? mcp::ParamsRewrite{.keep_envelope = true} : bridge_.rewrite_of(*held, nullptr);
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

std::optional<Call> CallBook::close_answered(CallId id) {
  auto call = sent_.close(id);
  if (!call) return call;
  hang_.answered();
  if (call->is_of_client() && mcp::may_ask(call->method)) sent_.answered(*call, context_.loop.now() + kAfterwards);
  return call;
}

bool CallBook::answered(CallId id, rpc::Message const& message) {
  auto call = close_answered(id);
  if (!call) return false;
  metrics_.child_answered(label(call->method), context_.loop.now() - call->sent);
  if (call->abandoned) return false;
  if (input_taker_ != nullptr && EraBridge::needs_input(*call, message)) {
    input_taker_->on_input_required(HeldCall(*this, *std::move(call)), message.result);
    return true;
  }
  if (call->max_result > 0 && message.result.size() > call->max_result) {
    end_too_large(*call, call->max_result);
    return true;
  }
  auto const outcome = mcp::answer_outcome(*call, message, bridge_.peer_era());
  if (pins_ != nullptr && pins_->hides() && call->method == mcp::Method::ToolsList && !call->is_own() &&
      message.error.empty()) {
    auto const visible = pins_->visible(message.result);
    end(*call, outcome, {call->client_id, rpc::Reply::Kind::Result, visible});
  } else {
    end(*call, outcome, reply_to(*call, message));
  }
  return true;
}

bool CallBook::answer_too_large(CallId id) {
  auto call = close_answered(id);
  if (!call) return false;
  if (call->abandoned) return true;
  end_too_large(*call, context_.limits.max_result_bytes);
  return true;
}

void CallBook::end_too_large(Call& call, std::size_t limit) {
  excuse(call);  // it has answered
  // To the gateway itself it is an answer, though not a useful one.
  end_failed(call, {.outcome = call.is_own() ? Outcome::RpcError : Outcome::ChildExited,
                    .message = fmt::format("the server's answer is larger than the limit of {} bytes", limit),
                    .reason = "result_too_large"});
}

Call const* CallBook::progressed(CallId id) {
  auto* const call = sent_.find(id);
  if (call == nullptr || call->abandoned) return nullptr;
  if (call->stateless) call->stateless->lacking = {};
  if (call->progress_token.empty()) return nullptr;
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

void CallBook::suspend(CallId id, std::unique_ptr<OwnQuestion> watcher, std::string_view result) {
  if (sent_.find(id) == nullptr) return;
  auto const asked = sent_.suspend(id, questions_.add(std::move(watcher)));
  end(*asked, Outcome::Ok, {asked->client_id, rpc::Reply::Kind::Result, result});
}

void CallBook::resume(CallId id, HeldCall&& held) {
  auto* const session = context_.sessions.find(held->to.session);
  auto* const open = session == nullptr ? nullptr : session->find_open(held->client_id);
  held->sent = context_.loop.right_now();
  auto const watcher = sent_.resume(id, *held);
  if (watcher == mcp::QuestionId{}) return;
  (void)questions_.take(watcher);
  (void)release(held);
  if (open != nullptr) open->call = id;
}

void CallBook::take_back(CallId id, Outcome outcome, rpc::Reply const& reply) {
  if (auto const call = abandon(id, {})) end(*call, outcome, {call->client_id, reply.kind, reply.body});
}

void CallBook::lacks(CallId id, std::string_view capability) {
  auto* const call = sent_.find(id);
  if (call != nullptr && call->stateless != nullptr) call->stateless->lacking = capability;
}

// ── circuit breakers ─────────────────────────────────────────────────────────

void CallBook::excuse(Call& call) {
  if (call.permit != CircuitPermit{}) circuits_->excuse(std::exchange(call.permit, CircuitPermit{}));
}

void CallBook::excuse_all() {
  if (circuits_ == nullptr) return;
  sent_.for_each([&](CallId, Call& call) { excuse(call); });
  for (auto& [id, call] : parked_) excuse(call);
}

void CallBook::mark_client_asked(SessionId session, bool asked) {
  if (circuits_ == nullptr) return;
  sent_.for_each([&](CallId, Call& call) {
    if (call.to.session == session && !call.suspended) call.client_asked = asked;
  });
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
