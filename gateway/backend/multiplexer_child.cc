// What the child says, and to whom it goes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/backend/expected_tools.h"
#include "gateway/backend/multiplexer.h"
#include "gateway/base/byte_scan.h"
#include "gateway/base/json_text.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::Purpose;
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

void Multiplexer::on_child_started() {
  initialized_sent_ = tools_logged_ = false;
  child_log_level_.reset();
  log_level_asked_ = false;
  silent_timeouts_ = 0;
  calls_.begin_run();
  // Its time limit is the start's, not a call's.
  Call call;
  call.purpose = Purpose::Initialize;
  call.method = mcp::Method::Initialize;
  call.started = around_.world.loop.now();
  call.sent = around_.world.loop.right_now();
  call.deadline = call.hard_deadline = TimePoint::max();
  auto const id = calls_.open(std::move(call));
  if (!wire_.request(id, "initialize", init_params_)) child_.fail_start("it closed its stdin");
}

void Multiplexer::on_initialized(Message const& message) {
  if (!message.error.empty()) {
    return child_.fail_start(
        fmt::format("it refused initialize: {}", rpc::unquote(rpc::find_member(message.error, "message"))));
  }
  auto handshake = mcp::Handshake::from(message.result, sharing_);
  if (!handshake) return child_.fail_start("its answer to initialize has no protocolVersion or capabilities");
  auto const again = handshake_.has_value();
  weighed_ = around_.world.loop.now();
  handshake_ = std::move(handshake);
  recorder_.tracing().child_speaks(handshake_->revision_text());
  child_.ready();
  if (sharing_ == Sharing::Shared || client_initialized_) send_initialized();
  around_.world.log.info("service.ready", "service ready",
                         {{"server", config_.name}, {"protocol", handshake_->revision_text()}, {"restarted", again}});

  sync_log_level();
  for (auto const& uri : subscriptions_.uris()) (void)ask_to_subscribe(uri, {});
  if (std::exchange(lists_may_differ_, false)) {
    audience_.for_each([&](Session const& session) { audience_.tell_lists_may_differ(session.id); });
  }
}

/// What waits was never sent: it stays for the next run, unless that seems far.
void Multiplexer::on_child_down(RunEnd end, std::string_view why) {
  fail_owed(why);
  // Those who come while it sleeps are told what its last run offered; its tools
  // are compared, and the rest nobody has asked for yet.
  lists_may_differ_ = lists_may_differ_ || (handshake_ && !audience_.empty());
  if (end != RunEnd::Asked) owner_.on_multiplexer_down(*this);
  if (end == RunEnd::NeverReady || child_.state() == ChildState::CrashLoop) fail_waiting(why);
  shelf_.give_up();
  if (deep_probe_) deep_probe_->forget();
  for (auto& own : waiting_.take_all_of(SessionId{})) {
    if (own.call.purpose == Purpose::Operator) waiting_.push(std::move(own));
  }
  while (auto const request = client_requests_.close_expired(TimePoint::max())) {
    give_up_client_request(*request, why);
  }
}

void Multiplexer::on_child_stopped() { owner_.on_multiplexer_stopped(*this); }

// ── messages ─────────────────────────────────────────────────────────────────

void Multiplexer::on_child_message(Message const& message, std::size_t) {
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
  take_answer(*call, message);
  serve_waiting();
}

void Multiplexer::take_answer(Call const& call, Message const& message) {
  switch (call.purpose) {
    case Purpose::Client:
    case Purpose::Probe:
    case Purpose::Operator:
      if (call.abandoned) return probe_.late_answer_dropped();
      return finish(call, outcome_of(call, message), reply_to(call, message));
    case Purpose::Initialize: return on_initialized(message);
    case Purpose::ListTools: return on_tools_page(message);
    case Purpose::Subscribe: return on_subscribed(call, message);
    case Purpose::SetLogLevel: return on_log_level_set();
    case Purpose::Unsubscribe: return;
  }
}

void Multiplexer::on_child_oversized(std::string_view front, std::string_view back) {
  auto const number = id_of_cut(front, back);
  auto const call = number ? calls_.close(CallId{*number}) : std::nullopt;
  if (!call) return;
  silent_timeouts_ = 0;
  auto const why =
      fmt::format("the server's answer is larger than the limit of {} bytes", around_.limits.max_result_bytes);
  if (!has_asker(call->purpose)) {
    take_answer(*call, {.kind = rpc::MessageKind::Response,
                        .id = {},
                        .method = {},
                        .params = {},
                        .result = {},
                        .error = rpc::error_object(ErrorCode::InternalError, why)});
  } else if (!call->abandoned) {
    fail(*call, Outcome::ChildExited, ErrorCode::InternalError, why, "result_too_large");
  }
  serve_waiting();
}

// ── tools ────────────────────────────────────────────────────────────────────

void Multiplexer::list_again() {
  if (shelf_.begin() && !send_own(Purpose::ListTools, "tools/list", "{}")) shelf_.give_up();
}

void Multiplexer::on_tools_page(Message const& message) {
  if (!message.error.empty()) return shelf_.give_up();
  if (auto const cursor = shelf_.add_page(message.result)) {
    if (!send_own(Purpose::ListTools, "tools/list", fmt::format(R"({{"cursor":{}}})", *cursor))) shelf_.give_up();
    return;
  }
  auto const differs = shelf_.finish(around_.world.loop.now());
  if (config_.expected_tools.any()) probe_.tools_missing(lack_of(config_.expected_tools, *shelf_.list()).tools);
  probe_.tools_listed(shelf_.list() == nullptr ? 0 : shelf_.list()->size(), differs);
  if (shelf_.list() != nullptr) shelf_.list()->for_each([&](std::string_view tool) { probe_.tool_offered(tool); });
  // A server that does not tell of changes is asked again and again: the same list is no news.
  auto const is_news = differs || !std::exchange(tools_logged_, true);
  around_.world.log.write(is_news ? config::LogLevel::Info : config::LogLevel::Debug, "service.tools", "tools listed",
                          {{"server", config_.name}, {"tools", shelf_.list()->size()}, {"changed", differs}});
  if (differs) {
    audience_.tell_all(mcp::Method::ToolsListChanged,
                       {R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})"});
  }
  if (shelf_.take_again()) list_again();
}

// ── subscriptions ────────────────────────────────────────────────────────────

void Multiplexer::on_subscribed(Call const& call, Message const& message) {
  auto settled = subscriptions_.settle(call.subject, message.error.empty());
  for (auto& subscriber : settled.waiting) {
    Call waiting;
    waiting.method = mcp::Method::ResourcesSubscribe;
    waiting.to = subscriber.to;
    waiting.client_id = subscriber.client_id;
    waiting.request_id = std::move(subscriber.request_id);
    waiting.trace = std::move(subscriber.trace);
    waiting.started = call.started;
    waiting.sent = call.sent;
    finish(waiting, outcome_of(waiting, message), reply_to(waiting, message));
  }
  if (settled.abandoned) {
    send_own(Purpose::Unsubscribe, "resources/unsubscribe", fmt::format(R"({{"uri":{}}})", call.subject));
  }
}

/// False when the child takes nothing now: nobody is subscribed to it then, and whoever
/// subscribes next asks again.
bool Multiplexer::ask_to_subscribe(std::string const& uri, ClientId client) {
  if (send_own(Purpose::Subscribe, "resources/subscribe", fmt::format(R"({{"uri":{}}})", uri), uri, client))
    return true;
  (void)subscriptions_.settle(uri, false);
  return false;
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
      if (initialized_sent_) list_again();
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
