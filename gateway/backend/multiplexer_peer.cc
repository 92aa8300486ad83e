// What the peer says, and to whom it goes.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/multiplexer.h"
#include "gateway/base/json_text.h"
#include "gateway/mcp/labels.h"
#include "gateway/rpc/json_scanner.h"

namespace gateway::backend {

using mcp::Session;
using mcp::Sharing;
using rpc::Message;

namespace {

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

// ── its runs ─────────────────────────────────────────────────────────────────

void Multiplexer::on_peer_started() {
  initialized_sent_ = false;
  tools_.begin_run();
  log_level_.begin_run();
  book_.begin_run();
  introduction_.begin_run(init_params_);
}

void Multiplexer::on_greeting_failed(std::string_view why) { peer_->fail_start(why); }

/// One that was asked to end in the meantime has answered all the same: its next run counts.
void Multiplexer::on_greeted(mcp::Handshake handshake) {
  if (peer_->state() != PeerState::Starting) return;
  auto const again = handshake_.has_value();
  handshake_ = std::move(handshake);
  book_.introduced(*handshake_);
  book_.tracing().child_speaks(handshake_->revision_text());
  peer_->ready();
  upkeep_.begin_run();
  if (shared_as() == Sharing::Shared || client_initialized_) send_initialized();
  context_.log.info("service.ready", "service ready",
                    {{"server", config_.name}, {"protocol", handshake_->revision_text()}, {"restarted", again}});

  log_level_.child_is_ready(handshake_->has_logging() && !is_stateless());
  if (is_stateless()) {
    peer_listen_.begin_run(handshake_->honoured({.tools = true, .prompts = true, .resources = true, .uris = {}}));
  }
  subscriptions_.speak_through(is_stateless() ? &peer_listen_ : nullptr);
  subscriptions_.ask_again();
  if (std::exchange(lists_may_differ_, false)) {
    audience_.for_each([&](Session const& session) { audience_.tell_lists_may_differ(session); });
  }
  owner_.on_multiplexer_ready(*this);
}

/// What is queued was never sent: it stays for the next run, unless that seems far.
void Multiplexer::on_peer_down(RunEnd end, std::string_view why) {
  if (end == RunEnd::Asked) book_.excuse_all();
  book_.fail_sent(why);
  auto const asked_wrongly = introduction_.ended(end);
  input_rounds_.give_up_all(why);
  peer_listen_.end_run(why);
  // Those who come while it sleeps are told what its last run offered; its tools
  // are compared, and the rest nobody has asked for yet.
  lists_may_differ_ = lists_may_differ_ || (handshake_ && !audience_.empty());
  if (end != RunEnd::Asked) owner_.on_multiplexer_down(*this);
  auto const far = peer_->state() == PeerState::CrashLoop;
  if (far || (end == RunEnd::NeverReady && !asked_wrongly)) book_.fail_queued(why);
  book_.fail_questions_of_run(why);
  upkeep_.end_run();
  relay_.give_up_all(why);
  round_trips_.on_peer_down();
  if (asked_wrongly && !far) peer_->restart("era");
}

void Multiplexer::on_peer_stopped() { owner_.on_multiplexer_stopped(*this); }

// ── messages ─────────────────────────────────────────────────────────────────

void Multiplexer::on_peer_message(Message const& message) {
  switch (message.kind) {
    case rpc::MessageKind::Response: return on_answer(message);
    case rpc::MessageKind::Request: return on_ask(message);
    case rpc::MessageKind::Notification: {
      auto const method = mcp::method_from(message.method);
      return is_stateless() ? on_listened(message, method) : on_news(message, method);
    }
  }
}

void Multiplexer::on_answer(Message const& message) {
  if (is_stateless() && peer_listen_.answered(message)) return;
  auto const number = rpc::id_number(message.id);
  // Late, answered before, or never asked: nobody waits for it.
  if (!number || !book_.answered(CallId{*number}, message)) metrics_.late_answer_dropped();
  send_held_for_tools();
  serve_queued();
}

void Multiplexer::on_peer_oversized(std::string_view front, std::string_view back) {
  auto const number = id_of_cut(front, back);
  if (number && book_.answer_too_large(CallId{*number})) serve_queued();
}

void Multiplexer::on_ask(Message const& message) {
  auto const route = route_ask(mcp::method_from(message.method), shared_as());
  if (is_stateless() && route == mcp::AskRoute::Refuse) {
    auto const why = fmt::format("{} is not available: revision 2026-07-28 has no requests of servers", message.method);
    return wire_.refuse(message.id, rpc::error_object(rpc::ErrorCode::MethodNotFound, why));
  }
  switch (route) {
    case mcp::AskRoute::AnswerEmpty: return wire_.answer(message.id, "{}");
    case mcp::AskRoute::Relay:
    case mcp::AskRoute::Refuse: {
      if (round_trips_.ask(message)) return;
      book_.mark_client_asked(relay_.session(), true);
      return relay_.ask(message);
    }
  }
}

/// What a peer of the stateless revision says of its own accord, about what is listened to or about a call.
void Multiplexer::on_listened(Message const& message, mcp::Method method) {
  if (method == mcp::Method::SubscriptionsAcknowledged) return peer_listen_.acknowledged(message.params);
  if (method == mcp::Method::Cancelled) {
    return peer_listen_.cancelled(rpc::plain_id(rpc::find_member(message.params, "requestId")));
  }
  if (!peer_listen_.takes(message.params)) return metrics_.late_answer_dropped();
  if (mcp::subscription_id(message.params).empty()) return on_news(message, method);
  auto const params = mcp::without_subscription_id(message.params);
  auto stripped = message;
  stripped.params = params;
  on_news(stripped, method);
}

void Multiplexer::on_listening(std::string const& uri, mcp::Outcome outcome, rpc::Reply const& reply) {
  subscriptions_.settle(uri, {}, outcome, reply);
}

/// Each list that may have changed meanwhile counts as changed; tools are compared.
void Multiplexer::on_listening_again() {
  auto const lists = handshake_->honoured({.tools = true, .prompts = true, .resources = true, .uris = {}});
  if (lists.tools && initialized_sent_) tools_.start();
  if (lists.prompts) audience_.tell_list_changed(mcp::Method::PromptsListChanged);
  if (lists.resources) audience_.tell_list_changed(mcp::Method::ResourcesListChanged);
}

void Multiplexer::on_news(Message const& message, mcp::Method method) {
  switch (route_news(method, shared_as())) {
    case mcp::NewsRoute::Progress: return on_progress(message);
    case mcp::NewsRoute::Log: return audience_.tell_log(message.params);
    case mcp::NewsRoute::Updated:
      for (auto const session : subscriptions_.subscribers(rpc::find_member(message.params, "uri"))) {
        audience_.tell_updated(session, message.params);
      }
      return;
    case mcp::NewsRoute::ToolsChanged:
      // Some say so each time a browser starts, with the same list: theirs is
      // compared, and clients are notified only when it differs.
      if (initialized_sent_) tools_.start();
      return;
    case mcp::NewsRoute::ListChanged: return audience_.tell_list_changed(method);
    case mcp::NewsRoute::Relay: return relay_news(message, method);
    case mcp::NewsRoute::Cancelled: {
      auto const id = rpc::plain_id(rpc::find_member(message.params, "requestId"));
      if (round_trips_.cancelled(id)) return;
      if (sharing_ == Sharing::Exclusive) {
        book_.mark_client_asked(relay_.session(), false);
        return relay_.cancelled(id);
      }
      return metrics_.child_spoke_nonsense("no_addressee");
    }
    case mcp::NewsRoute::Drop: return metrics_.child_spoke_nonsense("no_addressee");
  }
}

void Multiplexer::relay_news(Message const& message, mcp::Method method) {
  auto const name = json_string(message.method);
  rpc::PiecesView pieces{R"({"jsonrpc":"2.0","method":)", name};
  if (!message.params.empty()) {
    pieces.add(R"(,"params":)");
    pieces.add(message.params);
  }
  pieces.add("}");
  if (auto* const session = context_.sessions.find(relay_.session())) audience_.tell(*session, method, pieces);
}

void Multiplexer::on_progress(Message const& message) {
  auto const params = mcp::read_params(message.params);
  auto const number = rpc::id_number(params.progress_token);
  auto const* const call = number ? book_.progressed(CallId{*number}) : nullptr;
  if (call == nullptr) return metrics_.late_answer_dropped();
  metrics_.notified(metrics::Way::Out, label(mcp::Method::Progress));
  std::string rewritten;
  mcp::append_params(rewritten, params, {.progress_token = call->progress_token});
  context_.clients.during(call->to,
                          {R"({"jsonrpc":"2.0","method":"notifications/progress","params":)", rewritten, "}"});
}

}  // namespace gateway::backend
