// What the child says, and to whom it goes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/backend/multiplexer.h"
#include "gateway/base/byte_scan.h"
#include "gateway/base/json_text.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::Session;
using mcp::Sharing;
using rpc::ErrorCode;
using rpc::Message;

namespace {

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

Outcome outcome_of(Call const& call, Message const& message) {
  if (!message.error.empty()) return Outcome::RpcError;
  if (call.method == mcp::Method::ToolsCall && is_tool_error(message.result)) return Outcome::ToolError;
  return Outcome::Ok;
}

rpc::Reply reply_to(Call const& call, Message const& message) {
  if (!message.error.empty()) return {call.client_id, rpc::Reply::Kind::Error, message.error, message.plain};
  return {call.client_id, rpc::Reply::Kind::Result, message.result, message.plain};
}

/// The id of an answer of which only both ends are known. An "id" within the
/// result must not be taken for it: it could be that of another's call.
std::optional<std::uint64_t> id_of_cut(std::string_view front, std::string_view back) {
  rpc::MemberWalk walk(front);
  while (auto const member = walk.next()) {
    if (member->is("method")) return std::nullopt;
    if (!member->is("id")) continue;
    // A number that reaches the cut may go on behind it.
    auto const whole = member->value.data() + member->value.size() < front.data() + front.size();
    return whole ? rpc::id_number(member->value) : std::nullopt;
  }
  constexpr std::string_view kKey = "\"id\":";
  auto const at = back.rfind(kKey);
  if (at == std::string_view::npos) return std::nullopt;
  auto const value = back.substr(at + kKey.size());
  auto const end = value.find_first_of(",}");
  auto const after = end == std::string_view::npos ? std::string_view{} : value.substr(end);
  if (after != "}" && after != R"(,"jsonrpc":"2.0"})") return std::nullopt;
  return rpc::id_number(value.substr(0, end));
}

}  // namespace

// ── the handshake ────────────────────────────────────────────────────────────

void Multiplexer::on_peer_started() {
  initialized_sent_ = false;
  tools_.begin_run();
  log_level_.begin_run();
  silent_timeouts_ = 0;
  calls_.begin_run();
  auto greeting = std::make_unique<Greeting>(init_params_, sharing_, static_cast<Greeting::Owner&>(*this));
  auto const request = greeting->request();
  send_own(call_of(std::move(greeting), request), request);
}

void Multiplexer::on_greeting_failed(std::string_view why) { peer_->fail_start(why); }

void Multiplexer::on_greeted(mcp::Handshake handshake) {
  auto const again = handshake_.has_value();
  weighed_ = around_.world.loop.now();
  handshake_ = std::move(handshake);
  recorder_.tracing().child_speaks(handshake_->revision_text());
  peer_->ready();
  if (sharing_ == Sharing::Shared || client_initialized_) send_initialized();
  around_.world.log.info("service.ready", "service ready",
                         {{"server", config_.name}, {"protocol", handshake_->revision_text()}, {"restarted", again}});

  log_level_.child_is_ready(handshake_->has_logging());
  for (auto const& uri : subscriptions_.uris()) ask_to_subscribe(uri, {});
  if (std::exchange(lists_may_differ_, false)) {
    audience_.for_each([&](Session const& session) { audience_.tell_lists_may_differ(session.id); });
  }
}

/// What waits was never sent: it stays for the next run, unless that seems far.
void Multiplexer::on_peer_down(RunEnd end, std::string_view why) {
  fail_owed(why);
  // Those who come while it sleeps are told what its last run offered; its tools
  // are compared, and the rest nobody has asked for yet.
  lists_may_differ_ = lists_may_differ_ || (handshake_ && !audience_.empty());
  if (end != RunEnd::Asked) owner_.on_multiplexer_down(*this);
  if (end == RunEnd::NeverReady || peer_->state() == PeerState::CrashLoop) fail_waiting(why);
  for (auto& own : waiting_.take_all_of(SessionId{})) {
    if (questions_.find(own.call.question)->outlives_run()) {
      waiting_.push(std::move(own));
    } else {
      fail(own.call, Outcome::ChildExited, ErrorCode::InternalError, why, "child_exited");
    }
  }
  if (deep_probe_) deep_probe_->forget();
  while (auto const request = client_requests_.close_expired(TimePoint::max())) {
    give_up_client_request(*request, why);
  }
}

void Multiplexer::on_peer_stopped() { owner_.on_multiplexer_stopped(*this); }

// ── messages ─────────────────────────────────────────────────────────────────

void Multiplexer::on_peer_message(Message const& message) {
  switch (message.kind) {
    case rpc::MessageKind::Response: return on_answer(message);
    case rpc::MessageKind::Request: return on_ask(message, mcp::method_from(message.method));
    case rpc::MessageKind::Notification: return on_news(message, mcp::method_from(message.method));
  }
}

void Multiplexer::on_answer(Message const& message) {
  auto const number = rpc::id_number(message.id);
  auto const call = number ? calls_.close(CallId{*number}) : std::nullopt;
  // Late, answered before, or never asked: it finds nobody.
  if (!call) return probe_.late_answer_dropped();
  silent_timeouts_ = 0;
  probe_.child_answered(label(call->method), around_.world.loop.now() - call->sent);
  if (call->abandoned) {
    probe_.late_answer_dropped();
  } else {
    finish(*call, outcome_of(*call, message), reply_to(*call, message));
  }
  serve_waiting();
}

void Multiplexer::on_peer_oversized(std::string_view front, std::string_view back) {
  auto const number = id_of_cut(front, back);
  auto const call = number ? calls_.close(CallId{*number}) : std::nullopt;
  if (!call) return;
  silent_timeouts_ = 0;
  auto const why =
      fmt::format("the server's answer is larger than the limit of {} bytes", around_.limits.max_result_bytes);
  if (call->is_own()) {
    auto const error = rpc::error_object(ErrorCode::InternalError, why);
    finish(*call, Outcome::RpcError, {{}, rpc::Reply::Kind::Error, error});
  } else if (!call->abandoned) {
    fail(*call, Outcome::ChildExited, ErrorCode::InternalError, why, "result_too_large");
  }
  serve_waiting();
}

// ── subscriptions ────────────────────────────────────────────────────────────

void Multiplexer::on_subscribed(std::string const& uri, Call const& call, Outcome outcome, rpc::Reply const& reply) {
  auto settled = subscriptions_.settle(uri, outcome == Outcome::Ok);
  for (auto& subscriber : settled.waiting) {
    Call waiting;
    waiting.method = mcp::Method::ResourcesSubscribe;
    waiting.to = subscriber.to;
    waiting.client_id = subscriber.client_id;
    waiting.request_id = std::move(subscriber.request_id);
    waiting.trace = std::move(subscriber.trace);
    waiting.started = call.started;
    waiting.sent = call.sent;
    finish(waiting, outcome, {waiting.client_id, reply.kind, reply.body, reply.plain_body});
  }
  if (settled.abandoned) ask(std::make_unique<Unsubscribe>(uri));
}

/// Where the child takes nothing now, nobody is subscribed to it, and whoever subscribes next
/// asks again.
void Multiplexer::ask_to_subscribe(std::string uri, ClientId client) {
  ask(std::make_unique<Subscribe>(std::move(uri), client, config_.call_timeout, static_cast<Subscribe::Owner&>(*this)));
}

void Multiplexer::on_updated(Message const& message) {
  auto const uri = rpc::find_member(message.params, "uri");
  for (auto const session : subscriptions_.subscribers(uri)) {
    audience_.tell_updated(session, message.params);
  }
}

// ── the child's requests ─────────────────────────────────────────────────────

void Multiplexer::on_ask(Message const& message, mcp::Method method) {
  auto const route = route_ask(method, sharing_);
  if (route == mcp::AskRoute::AnswerEmpty) return wire_.answer(message.id, "{}");
  auto* const session = route == mcp::AskRoute::Relay ? around_.sessions.find(sole_) : nullptr;
  if (session == nullptr) {
    // A child that is left without an answer may wait for it for ever.
    return wire_.refuse(
        message.id,
        rpc::error_object(ErrorCode::MethodNotFound,
                          fmt::format("{} is not available: the client cannot be told apart here", message.method)));
  }
  mcp::ClientRequest request;
  request.child_id.assign(message.id);
  request.method = method;
  request.deadline = around_.world.loop.now() + config_.server_request_timeout;
  auto const id = fmt::format_int(client_requests_.open(std::move(request)));
  std::string_view const number(id.data(), id.size());
  auto const name = json_string(message.method);
  rpc::PiecesView pieces{R"({"jsonrpc":"2.0","id":)", number, R"(,"method":)", name};
  if (!message.params.empty()) {
    pieces.add(R"(,"params":)");
    pieces.add(message.params);
  }
  pieces.add("}");
  std::optional<mcp::ReplyTo> related;
  for (auto const& open : session->open) {
    if (auto const* const call = calls_.find(open.call)) related = call->to;
  }
  if (around_.clients.ask(sole_, related, pieces)) return;
  (void)client_requests_.close_by_child_id(message.id);
  wire_.refuse(message.id, rpc::error_object(ErrorCode::InternalError, "the client has no stream open to be asked on"));
}

// ── the child's notifications ────────────────────────────────────────────────

void Multiplexer::on_news(Message const& message, mcp::Method method) {
  switch (route_news(method, sharing_)) {
    case mcp::NewsRoute::Progress: return on_progress(message);
    case mcp::NewsRoute::Log: return audience_.tell_log(message.params);
    case mcp::NewsRoute::Updated: return on_updated(message);
    case mcp::NewsRoute::ToolsChanged:
      // Some say so each time a browser starts, with the same list: theirs is
      // compared, and told only when it differs.
      if (initialized_sent_) tools_.start();
      return;
    case mcp::NewsRoute::ListChanged:
    case mcp::NewsRoute::Relay: break;
    case mcp::NewsRoute::Cancelled: {
      auto const child_id = rpc::plain_id(rpc::find_member(message.params, "requestId"));
      if (auto const request = client_requests_.close_by_child_id(child_id)) {
        probe_.notified(metrics::Way::Out, label(method));
        auto const id = fmt::format_int(request->id);
        around_.clients.notify(sole_, {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":)",
                                       {id.data(), id.size()},
                                       "}}"});
      }
      return;
    }
    case mcp::NewsRoute::Drop: return probe_.child_spoke_nonsense("no_addressee");
  }
  auto const name = json_string(message.method);
  rpc::PiecesView pieces{R"({"jsonrpc":"2.0","method":)", name};
  if (!message.params.empty()) {
    pieces.add(R"(,"params":)");
    pieces.add(message.params);
  }
  pieces.add("}");
  if (sharing_ == Sharing::Shared) return audience_.tell_all(method, pieces);
  if (auto* const session = around_.sessions.find(sole_)) audience_.tell(*session, method, pieces);
}

void Multiplexer::on_progress(Message const& message) {
  auto const params = mcp::read_params(message.params);
  auto const number = rpc::id_number(params.progress_token);
  auto* const call = number ? calls_.find(CallId{*number}) : nullptr;
  if (call == nullptr || call->abandoned || call->progress_token.empty()) return probe_.late_answer_dropped();
  call->deadline = std::min(around_.world.loop.now() + call->patience, call->hard_deadline);

  probe_.notified(metrics::Way::Out, label(mcp::Method::Progress));
  std::string rewritten;
  mcp::append_params(rewritten, params, {.progress_token = call->progress_token});
  around_.clients.during(call->to, {R"({"jsonrpc":"2.0","method":"notifications/progress","params":)", rewritten, "}"});
}

}  // namespace gateway::backend
