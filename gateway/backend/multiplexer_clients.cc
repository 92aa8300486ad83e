// What clients say, as far as it can be answered, merged or refused without the peer.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/backend/multiplexer.h"
#include "gateway/mcp/labels.h"
#include "gateway/mcp/session_envelope.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Outcome;
using mcp::Params;
using mcp::ReplyTo;
using mcp::Session;
using rpc::ErrorCode;
using rpc::Message;

namespace {

Failure invalid_params(std::string message) {
  return {.outcome = Outcome::RpcError, .code = ErrorCode::InvalidParams, .message = std::move(message)};
}

/// The first entry that fits the tool; null where none does.
config::ToolLimits const* limits_of(config::ServiceConfig const& config, std::string_view tool) {
  auto const entry = std::ranges::find_if(
      config.tool_limits, [tool](config::ToolLimits const& limits) { return fits_any(limits.tools, tool); });
  return entry == config.tool_limits.end() ? nullptr : &*entry;
}

void apply_limits(config::ServiceConfig const& config, std::string_view tool, mcp::Call& call) {
  auto const* const limits = limits_of(config, tool);
  if (limits == nullptr) return;
  if (limits->call_timeout_max > Duration{}) call.hard_deadline = call.started + limits->call_timeout_max;
  if (limits->call_timeout > Duration{}) call.patience = limits->call_timeout;
  // What its entry does not set must not cut short what it sets.
  call.hard_deadline = std::max(call.hard_deadline, call.started + call.patience);
  call.deadline = call.started + call.patience;
  call.max_result = limits->max_result_bytes;
}

std::unique_ptr<mcp::Granted> granted_by(mcp::Via const& via) {
  auto granted = std::make_unique<mcp::Granted>();
  if (via.names != nullptr) granted->names = *via.names;
  if (via.places != nullptr) granted->places = std::move(*via.places);
  return granted;
}

Failure failure_of(mcp::Refused const& refused) {
  auto const is_quota = refused.outcome == Outcome::Limited;
  return {.outcome = refused.outcome,
          .code = is_quota ? ErrorCode::InternalError : ErrorCode::InvalidParams,
          .message = refused.message,
          .reason = refused.reason,
          .retry_after = refused.retry_after};
}

}  // namespace

/// A client's request as a call: who waits for it, for how long, and what is recorded of it.
HeldCall Multiplexer::arrived(Session const& session, mcp::ClientMessage const& message, ReplyTo to,
                              mcp::Via const& via) {
  auto const& params = message.parsed;
  auto const now = context_.loop.now();
  auto held = book_.arrived();
  auto& call = *held;
  call.method = message.known_method;
  call.to = to;
  call.client = session.client;
  call.client_id.assign(message.id);
  call.request_id.assign(via.request_id);
  call.bytes_in = message.params.size();
  call.started = now;
  call.patience = config_.call_timeout;
  call.deadline = now + config_.call_timeout;
  call.hard_deadline = now + config_.call_timeout_max;
  if (call.method == mcp::Method::ToolsCall) {
    auto const name = rpc::unquote(params.name);
    call.subject = tools() != nullptr && tools()->contains(name) ? name : "_other";
    if (!config_.tool_limits.empty()) apply_limits(config_, name, call);
  }
  if (era_of(session.transport) == mcp::Era::Stateless) {
    call.stateless = std::make_unique<mcp::OfStateless>(mcp::OfStateless{.uri = std::string(params.uri)});
  }
  if (via.names != nullptr || via.places != nullptr) call.granted = granted_by(via);
  if (via.audited != nullptr) call.audited = std::make_unique<mcp::Audited>(*via.audited);
  if (via.trace != nullptr) book_.tracing().begin(call, params, *via.trace);
  return held;
}

/// Why the service does not take it, by its configuration; nothing where it does.
std::optional<Failure> Multiplexer::rejection(Session const& session, mcp::Call& call, Params const& params) {
  if (auto why = oversized(call, params)) return why;
  if (auto why = unpinned(call, params)) return why;
  return circuit_rejection(session, call);
}

/// Why a call of a tool is rejected whose arguments are limited.
std::optional<Failure> Multiplexer::oversized(mcp::Call const& call, Params const& params) const {
  if (config_.tool_limits.empty() || call.method != mcp::Method::ToolsCall) return std::nullopt;
  auto const* const limits = limits_of(config_, rpc::unquote(params.name));
  if (limits == nullptr || limits->max_argument_bytes == 0 || params.arguments.size() <= limits->max_argument_bytes) {
    return std::nullopt;
  }
  auto failure = invalid_params(fmt::format("the arguments have {} bytes, and the limit for this tool is {}",
                                            params.arguments.size(), limits->max_argument_bytes));
  failure.reason = "arguments_too_large";
  return failure;
}

void Multiplexer::on_request(Session& session, mcp::ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  auto const& params = message.parsed;
  auto held = arrived(session, message, to, via);
  auto const& call = *held;
  auto const method = call.method;
  // A session of another revision sets its level by a request.
  if (call.era() == mcp::Era::Stateless && session.log_level) log_level_.sync();

  if (via.refused != nullptr) return book_.reject(std::move(held), failure_of(*via.refused));
  if (params.ambiguous) {
    return book_.fail(std::move(held), {.outcome = Outcome::Invalid,
                                        .code = ErrorCode::InvalidRequest,
                                        .message = "a member of params is given twice, or in another case",
                                        .reason = "ambiguous"});
  }
  if (session.open.size() >= context_.limits.max_calls_per_session) {
    return book_.reject(std::move(held),
                        {.outcome = Outcome::Busy,
                         .message = fmt::format("this session already waits for {} answers", session.open.size()),
                         .reason = "session_limit"});
  }
  if (auto why = header_mismatch(call, params, via)) {
    return book_.fail(std::move(held),
                      {.outcome = Outcome::Invalid, .code = ErrorCode::HeaderMismatch, .message = *std::move(why)});
  }
  session.open.push_back({call.client_id, CallId{}});

  // Before the peer has introduced itself, nobody knows whose requestState it is.
  if (handshake_ && takes_up(session)) {
    return round_trips_.resume(std::move(held), session, message.params);
  }
  if (is_guarded_) {
    if (auto why = rejection(session, *held, params)) return book_.reject(std::move(held), *std::move(why));
  }
  switch (mcp::route_request(method, shared_as(), call.era(), era())) {
    case mcp::RequestRoute::Discover:
    case mcp::RequestRoute::Initialize: return introduce(session, std::move(held), message.params);
    case mcp::RequestRoute::AnswerEmpty: return book_.finish_ok(std::move(held), "{}");
    case mcp::RequestRoute::SetLogLevel: return set_log_level(session, std::move(held), params);
    case mcp::RequestRoute::Subscribe: return subscribe(std::move(held), params);
    case mcp::RequestRoute::Unsubscribe: return unsubscribe(session, std::move(held), params);
    case mcp::RequestRoute::Listen: return listen(std::move(held), params);
    case mcp::RequestRoute::ListTools: return list_tools(std::move(held), message.method, params);
    case mcp::RequestRoute::Forward: return forward(std::move(held), message.method, params);
    case mcp::RequestRoute::Unknown:
      return book_.fail(std::move(held), {.outcome = Outcome::MethodNotFound,
                                          .code = ErrorCode::MethodNotFound,
                                          .message = fmt::format("Method not found: {}", message.method)});
  }
}

/// Why it is not served for its tools not being as pinned; nothing where it is. A tool that is hidden is unknown.
std::optional<Failure> Multiplexer::unpinned(mcp::Call const& call, Params const& params) const {
  if (pins_ == nullptr || call.method == mcp::Method::Ping) return std::nullopt;
  if (pins_->refuses()) {
    return Failure{.outcome = Outcome::Unavailable,
                   .message = fmt::format("the tools of the server '{}' are not as they were approved", config_.name),
                   .reason = kToolsNotPinned};
  }
  if (!is_hidden_if_unpinned(call)) return std::nullopt;
  auto const name = rpc::unquote(params.name);
  // Before this run of the child has listed its tools, a call is held back rather than sent: see `send`.
  auto const lists_later = peer_->state() != PeerState::Ready || !initialized_sent_ || tools_.under_way();
  auto const is_unknown = !tools_.is_of_this_run() && lists_later;
  if (pins_->has(name) && (is_unknown || (tools_.is_of_this_run() && tools()->contains(name)))) return std::nullopt;
  auto unknown = invalid_params(fmt::format("Unknown tool: {}", name));
  unknown.reason = kToolsNotPinned;
  return unknown;
}

/// Whether it calls a tool that must be as pinned. An operator may call any.
bool Multiplexer::is_hidden_if_unpinned(mcp::Call const& call) const {
  return pins_ != nullptr && pins_->hides() && call.method == mcp::Method::ToolsCall && !call.is_own();
}

/// As many as may wait in the queue.
void Multiplexer::hold_for_tools(HeldCall&& call, std::string_view method, Params const& params) {
  std::erase_if(held_for_tools_, [this](auto const& held) { return !book_.is_parked(held.call); });
  if (held_for_tools_.size() >= config_.max_queue) {
    return book_.reject(
        std::move(call),
        {.outcome = Outcome::Busy,
         .message = fmt::format("too many calls wait until the server '{}' has listed its tools", config_.name),
         .reason = "queue_full"});
  }
  auto const deadline = call->deadline;
  held_for_tools_.push_back({book_.park(std::move(call)), deadline, std::string(method), std::string(params.raw)});
}

/// Once the list has come, or will not come, or it has taken too long. A call that has ended meanwhile is not there any
/// more.
void Multiplexer::send_held_for_tools() {
  if (held_for_tools_.empty()) return;
  auto const waits = tools_.under_way() && !tools_.is_of_this_run();
  auto const now = context_.loop.now();
  std::vector<HeldForTools> kept;
  for (auto& held : std::exchange(held_for_tools_, {})) {
    if (waits && held.deadline > now) {
      kept.push_back(std::move(held));
      continue;
    }
    auto call = book_.unpark(held.call);
    if (!call) continue;
    if (held.deadline > now) {
      forward(*std::move(call), held.method, mcp::read_params(held.params));
    } else {
      book_.fail(*std::move(call),
                 {.outcome = Outcome::Timeout,
                  .message = fmt::format("the server '{}' has not listed its tools in time", config_.name),
                  .reason = "timeout"});
    }
  }
  held_for_tools_.insert(held_for_tools_.begin(), std::make_move_iterator(kept.begin()),
                         std::make_move_iterator(kept.end()));
}

/// Why the circuit breaker does not let it through; nothing where it does, or does not guard it. A request that answers
/// what its client was asked goes on with a call that was let through; it counts if it is let through itself.
std::optional<Failure> Multiplexer::circuit_rejection(Session const& session, mcp::Call& call) {
  auto const goes_on = session.mark.shows_state;
  if (circuits_ == nullptr || !Circuits::guards(call.method) || (goes_on && !is_stateless())) return std::nullopt;
  call.permit = circuits_->admit(call.subject);
  if (call.permit != mcp::CircuitPermit{} || goes_on) return std::nullopt;
  auto rejection = circuits_->rejection(call.subject);
  return Failure{.outcome = Outcome::Unavailable,
                 .message = std::move(rejection.why),
                 .reason = kCircuitOpen,
                 .retry_after = rejection.retry_after,
                 .tool = std::string(rejection.tool)};
}

void Multiplexer::on_note(Session& session, mcp::ClientMessage const& message) {
  switch (mcp::route_note(message.known_method, shared_as())) {
    case mcp::NoteRoute::Swallow: return;
    case mcp::NoteRoute::Initialized:
      client_initialized_ = true;
      if (peer_->state() == PeerState::Ready && !initialized_sent_) send_initialized();
      return;
    case mcp::NoteRoute::Cancel: {
      auto const& params = message.parsed;
      if (params.ambiguous) return;
      book_.cancel(session, params.request_id, rpc::find_member(params.raw, "reason"));
      return input_rounds_.forget_ended();
    }
    case mcp::NoteRoute::Progress:  // the token is the peer's own: nothing of it was rewritten
    case mcp::NoteRoute::Forward:
      // The stateless revision has no notification of clients but notifications/cancelled.
      if (peer_->state() != PeerState::Ready || is_stateless()) return;
      metrics_.notified(metrics::Way::In, label(message.known_method));
      return wire_.note(message.method, message.params);
  }
}

/// What is wrong with the header fields that repeat arguments. Nothing where the tool is not known: a list that is not
/// there yet does not keep anybody from calling.
std::optional<std::string> Multiplexer::header_mismatch(mcp::Call const& call, Params const& params,
                                                        mcp::Via const& via) const {
  if (call.method != mcp::Method::ToolsCall || via.header == nullptr || tools() == nullptr) return std::nullopt;
  auto const* const headers = tools()->headers_of(rpc::unquote(params.name));
  return headers == nullptr ? std::nullopt : mcp::mismatch(*headers, params.arguments, *via.header);
}

// ── requests answered or merged here ─────────────────────────────────────────

/// initialize and server/discover.
void Multiplexer::introduce(Session& session, HeldCall&& call, std::string_view params) {
  if (handshake_) return answer_from_handshake(session, std::move(call), params);
  if (!peer_->is_coming()) return book_.fail(std::move(call), not_running());
  auto const method = label(call->method);
  book_.queue(std::move(call), method, params);
}

void Multiplexer::answer_from_handshake(Session& session, HeldCall&& call, std::string_view params) {
  if (call->method == mcp::Method::ServerDiscover) {
    return book_.finish_ok(std::move(call), handshake_->discover_result());
  }
  session.revision = mcp::negotiate(mcp::asked_revision(params), handshake_->revision());
  session.initialized = true;
  if (is_stateless()) session.envelope = mcp::session_envelope(params);
  book_.finish_ok(std::move(call), handshake_->result_for(session.revision));
}

void Multiplexer::set_log_level(Session& session, HeldCall&& call, Params const& params) {
  auto const level = mcp::log_level_from(rpc::unquote(params.level));
  if (!level) {
    return book_.fail(
        std::move(call),
        invalid_params("level must be one of debug, info, notice, warning, error, critical, alert, emergency"));
  }
  session.log_level = *level;
  log_level_.sync();
  book_.finish_ok(std::move(call), "{}");
}

void Multiplexer::subscribe(HeldCall&& call, Params const& params) {
  if (!rpc::is_string(params.uri)) return book_.fail(std::move(call), invalid_params("uri must be a string"));
  if (peer_->state() != PeerState::Ready) return forward(std::move(call), "resources/subscribe", params);
  if (!book_.admits(call->client)) return book_.queue(std::move(call), "resources/subscribe", params.raw);
  subscriptions_.subscribe(std::move(call), params.uri);
}

void Multiplexer::unsubscribe(Session& session, HeldCall&& call, Params const& params) {
  subscriptions_.unsubscribe(session.id, params.uri);
  book_.finish_ok(std::move(call), "{}");
}

void Multiplexer::listen(HeldCall&& call, Params const& params) {
  if (peer_->state() != PeerState::Ready) return forward(std::move(call), label(call->method), params);
  listens_.begin(std::move(call), params.raw, *handshake_);
}

void Multiplexer::list_tools(HeldCall&& call, std::string_view method, Params const& params) {
  auto const* const list = tools();
  auto const kept = config_.cache_tools && list != nullptr && !tools_.under_way() && !list->single_page().empty() &&
                    params.cursor.empty() && (!is_stateless() || list->is_for_everybody());
  metrics_.tools_cache_used(kept);
  if (!kept) return forward(std::move(call), method, params);
  book_.finish_ok(std::move(call), list->single_page());
}

}  // namespace gateway::backend
