// Sessions, what is sent to the peer, and what is done as time passes. What clients say is in multiplexer_clients.cc,
// what the peer says in multiplexer_peer.cc. What has a state of its own has a class: see the members.
#include "gateway/backend/multiplexer.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/backend/expected_tools.h"
#include "gateway/backend/operator_call.h"

namespace gateway::backend {

using mcp::Outcome;
using mcp::Params;
using mcp::ReplyTo;
using mcp::Session;
using mcp::Sharing;
using rpc::Message;

namespace {

/// Places are kept for others only where others may come.
double client_share(Context const& context, Sharing sharing, config::ServiceConfig const& config) {
  auto const one_client =
      context.terms->one_client || sharing == Sharing::Exclusive || config.isolation == config::Isolation::Affinity;
  return one_client ? 1 : config.client_share;
}

/// Whether it is shared by the stateless clients of one owner, where others have a peer for each session.
bool serves_one_owner(Sharing sharing, config::ServiceConfig const& config) {
  return sharing == Sharing::Shared && config.isolation == config::Isolation::Session;
}

std::vector<std::string> values_of(std::vector<std::string> const& variables) {
  std::vector<std::string> values;
  for (auto const& line : variables) values.push_back(line.substr(line.find('=') + 1));
  return values;
}

}  // namespace

Multiplexer::Multiplexer(Context const& context, std::vector<std::string> const& own, Sharing sharing,
                         config::ServiceConfig const& config, metrics::ServiceProbe& metrics, ServiceGuards guards,
                         EraMemory& eras, Owner& owner)
    : own_redaction_(own.empty() ? std::nullopt : std::optional(log::Redaction(*context.redaction, values_of(own)))),
      context_(own_redaction_ ? with_own(context, own, *own_redaction_) : context),
      sharing_(sharing),
      config_(config),
      metrics_(metrics),
      circuits_(guards.circuits),
      pins_(guards.pins),
      is_guarded_(circuits_ != nullptr || pins_ != nullptr || !config.tool_limits.empty()),
      owner_(owner),
      peer_(make_peer(context_, config, metrics, *this)),
      wire_(*peer_),
      book_(context_, config, metrics, guards, *peer_, wire_, sharing, client_share(context_, sharing, config)),
      subscriptions_(config, book_, *this),
      listens_(context_, book_, subscriptions_),
      audience_(context_, config, metrics, book_.sent(), listens_, *this),
      tools_(context_, config, metrics, guards.pins, audience_, *this),
      log_level_(audience_, *this),
      relay_(context_, config, metrics, wire_, book_.sent()),
      introduction_(context_, config, book_, sharing, eras, *this),
      peer_listen_(context_, config, wire_, *this),
      input_rounds_(context_, config, book_, *this),
      round_trips_(context_, config, book_, wire_),
      upkeep_(context_, config, metrics, *peer_, book_, audience_, tools_, *this, sharing),
      init_params_(mcp::shared_initialize_params(context_.version, serves_one_owner(sharing, config))) {}

/// The peer's end must find the rest alive.
Multiplexer::~Multiplexer() { peer_.reset(); }

void Multiplexer::stop() {
  book_.excuse_all();
  book_.fail_sent("the service was stopped");
  input_rounds_.give_up_all("the service was stopped");
  book_.fail_queued("the service was stopped");
  listens_.complete_all();
  peer_->stop();
}

// ── sessions ─────────────────────────────────────────────────────────────────

void Multiplexer::attach(Session& session) {
  session.child = id_;
  audience_.attach(session);
  if (sharing_ == Sharing::Exclusive) relay_.set_session(session.id);
}

void Multiplexer::detach(Session& session, mcp::SessionEnd why) {
  take_back(session, why);
  let_go(session);
}

void Multiplexer::take_back(Session& session, mcp::SessionEnd why) {
  if (why == mcp::SessionEnd::Reload) {
    listens_.complete(session.id);
    book_.fail_all_of(session, {.message = fmt::format("the call was ended, since the configuration of the server '{}' "
                                                       "was changed",
                                                       config_.name),
                                .reason = "reload"});
  }
  if (why == mcp::SessionEnd::Drain && era_of(session.transport) == mcp::Era::Stateless) {
    listens_.complete(session.id);
    book_.fail_all_of(session, {.message = "the gateway is stopping", .reason = "draining"});
  }
  book_.cancel_all_of(session);
  input_rounds_.forget_ended();
}

/// The part of leaving that is about the session and not about its calls.
void Multiplexer::let_go(Session& session) {
  listens_.forget(session.id);
  subscriptions_.leave(session.id);
  audience_.detach(session);
  if (session.log_level) log_level_.sync();
}

void Multiplexer::take_over(Session& session, Multiplexer& from) {
  auto const subscribed = from.subscriptions_.held_by(session.id);
  from.let_go(session);
  attach(session);
  if (session.log_level) log_level_.sync();
  subscriptions_.adopt(session.id, subscribed);
  auto const* const known = from.tools();
  // What it will list is not known yet: then the client had better ask.
  if (known != nullptr && (tools() == nullptr || !known->same_as(*tools()))) {
    audience_.tell_list_changed(session, mcp::Method::ToolsListChanged);
  }
  if (session.initialized) audience_.tell_lists_may_differ(session);
  book_.take_over_queue(session.id, from.book_);
  serve_queued();
}

void Multiplexer::receive(Session& session, mcp::ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  if (sharing_ == Sharing::Exclusive && via.refused == nullptr) begin_peer_for(session, message);
  switch (message.kind) {
    case rpc::MessageKind::Request: return on_request(session, message, to, via);
    case rpc::MessageKind::Notification:
      if (via.refused != nullptr) return metrics_.call_rejected(via.refused->reason);  // nobody is answered
      return on_note(session, message);
    case rpc::MessageKind::Response:
      if (input_rounds_.answered(session.id, message)) return;
      book_.mark_client_asked(session.id, false);
      return relay_.answered(session.id, message);
  }
}

/// An exclusive peer is given its client's own handshake, so it starts with the
/// first message that is for it: nearly always an initialize. A client may probe
/// for the stateless revision, or ping, before that.
void Multiplexer::begin_peer_for(Session& session, mcp::ClientMessage const& message) {
  if (peer_->state() != PeerState::Stopped) return;
  auto const method = message.known_method;
  if (message.kind == rpc::MessageKind::Request &&
      !mcp::needs_child(mcp::route_request(method, shared_as(), era_of(session.transport), era()))) {
    return;
  }
  if (method == mcp::Method::Initialize) {
    session.init_params = mcp::exclusive_initialize_params(message.params);
    init_params_ = session.init_params;
  } else {
    client_initialized_ = true;  // it will not say so itself
  }
  peer_->start();
}

// ── requests for the peer ────────────────────────────────────────────────────

void Multiplexer::forward(HeldCall&& call, std::string_view method, Params const& params) {
  switch (peer_->state()) {
    case PeerState::Ready: return send(std::move(call), method, params);
    case PeerState::Asleep:
    case PeerState::Stopping: peer_->wake(); break;
    case PeerState::Starting:
    case PeerState::Backoff:
    case PeerState::Stopped:
    case PeerState::CrashLoop: break;
  }
  if (peer_->is_coming()) return book_.queue(std::move(call), method, params.raw);
  book_.reject(std::move(call), not_running());
}

Failure Multiplexer::not_running() const {
  return {.outcome = Outcome::Unavailable,
          .message = fmt::format("the server '{}' is not running: {}", config_.name, peer_->why_not_ready()),
          .reason = "not_running"};
}

void Multiplexer::send(HeldCall&& call, std::string_view method, Params const& params) {
  if (sharing_ == Sharing::Exclusive && !initialized_sent_) send_initialized();
  if (call->era() == mcp::Era::Stateless) {
    auto const* const session = context_.sessions.find(call->to.session);
    if (session != nullptr && takes_up(*session)) return round_trips_.resume(std::move(call), *session, params.raw);
  }
  if (is_guarded_ && is_hidden_if_unpinned(*call)) {
    if (tools_.under_way() && !tools_.is_of_this_run()) return hold_for_tools(std::move(call), method, params);
    if (auto why = unpinned(*call, params)) return book_.reject(std::move(call), *std::move(why));
  }
  book_.send(std::move(call), method, params);
}

/// Whether it is a stateless client's answer to what a peer with sessions asked. One of the stateless revision knows
/// its requestState itself.
bool Multiplexer::takes_up(Session const& session) const { return session.mark.shows_state && !is_stateless(); }

/// Client by client, and session by session, as many as the peer may be sent.
void Multiplexer::serve_queued() {
  while (auto next = book_.next()) serve(*std::move(next));
}

void Multiplexer::serve(CallBook::Next next) {
  auto const params = mcp::read_params(next.params);
  auto* const session = context_.sessions.find(next.call->to.session);
  auto const method = next.call->method;
  if (session != nullptr && (method == mcp::Method::Initialize || method == mcp::Method::ServerDiscover)) {
    answer_from_handshake(*session, std::move(next.call), next.params);
  } else if (session != nullptr && method == mcp::Method::ResourcesSubscribe) {
    subscribe(std::move(next.call), params);
  } else if (method == mcp::Method::SubscriptionsListen) {
    listen(std::move(next.call), params);
  } else {
    send(std::move(next.call), next.method, params);
  }
}

void Multiplexer::send_initialized() {
  initialized_sent_ = true;
  if (!is_stateless()) wire_.note("notifications/initialized", {});
  // Not before: some servers exit at any request that comes earlier.
  if (handshake_->has_tools()) tools_.start();
}

// ── questions of the gateway's own ───────────────────────────────────────────

void Multiplexer::ask(std::unique_ptr<OwnQuestion> question) {
  auto const request = question->request();
  auto call = book_.arrived(std::move(question), request);
  if (peer_->state() == PeerState::Ready) return book_.send_at_once(std::move(call), request);
  book_.fail(std::move(call), not_running());
}

void Multiplexer::ask_in_turn(std::unique_ptr<OwnQuestion> question) {
  auto const request = question->request();
  forward(book_.arrived(std::move(question), request), request.method, mcp::read_params(request.params));
}

void Multiplexer::call_tool(CallTool const& wanted, TellEnd tell) {
  ask_in_turn(std::make_unique<OperatorCall>(context_.loop, wanted, config_.call_timeout, std::move(tell)));
}

// ── as time passes ───────────────────────────────────────────────────────────

void Multiplexer::tick() {
  auto const now = context_.loop.now();
  book_.set_client_share(client_share(context_, sharing_, config_));  // there may be other clients now
  book_.expire(now);
  send_held_for_tools();
  serve_queued();  // a call that was given up may have made room
  upkeep_.end_if_hung();
  relay_.expire(now);
  round_trips_.tick(now);
  listens_.tick(now);
  introduction_.tick(now);
  peer_listen_.tick(now);
  input_rounds_.tick(now);
  auto const is_told = handshake_ && handshake_->tells_tool_changes() && tools_.is_of_this_run();
  auto const is_needed = pins_ != nullptr && pins_->hides() && !tools_.is_of_this_run();
  auto const refreshes =
      (shared_as() == Sharing::Shared || is_needed) && initialized_sent_ && handshake_->has_tools() && !is_told;
  if (refreshes && peer_->state() == PeerState::Ready && book_.sent().size() == 0) tools_.refresh_when_due(now);
  upkeep_.tick(now);
}

std::string Multiplexer::ailment() const {
  std::string why;
  if (config_.expected_tools.any() && handshake_ && !tools_.under_way()) {
    why = tools() == nullptr ? "its tools could not be listed" : lack_of(config_.expected_tools, *tools()).why;
  }
  auto const* const probe = deep_probe();
  if (probe != nullptr && probe->standing() == DeepProbe::Standing::Failed) {
    why += (why.empty() ? "" : "; ") + fmt::format("the probe failed: {}", probe->fault());
  }
  return why;
}

}  // namespace gateway::backend
