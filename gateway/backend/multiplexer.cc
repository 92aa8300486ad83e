// What clients say, and what becomes of it. What the peer says is in multiplexer_peer.cc. What has a
// state of its own has a class: see the members.
#include "gateway/backend/multiplexer.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/backend/expected_tools.h"
#include "gateway/backend/operator_call.h"
#include "gateway/backend/probe_question.h"
#include "gateway/backend/recycling.h"
#include "gateway/mcp/labels.h"
#include "gateway/mcp/session_envelope.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Outcome;
using mcp::Params;
using mcp::ReplyTo;
using mcp::Session;
using mcp::Sharing;
using rpc::ErrorCode;
using rpc::Message;

namespace {

/// How often a peer's memory is looked at, and so the most often it is replaced.
constexpr Duration kWeighEvery = seconds(10);

/// Places are kept for others only where others may come.
double client_share(Context const& context, Sharing sharing, config::ServiceConfig const& config) {
  auto const one_client =
      context.one_client || sharing == Sharing::Exclusive || config.isolation == config::Isolation::Affinity;
  return one_client ? 1 : config.client_share;
}

/// Whether it is shared by the stateless clients of one owner, where others have a peer for each session.
bool serves_one_owner(Sharing sharing, config::ServiceConfig const& config) {
  return sharing == Sharing::Shared && config.isolation == config::Isolation::Session;
}

Failure invalid_params(std::string message) {
  return {.outcome = Outcome::RpcError, .code = ErrorCode::InvalidParams, .message = std::move(message)};
}

}  // namespace

Multiplexer::Multiplexer(Context context, Sharing sharing, config::ServiceConfig const& config,
                         metrics::ServiceProbe& metrics, EraMemory& eras, Owner& owner)
    : context_(std::move(context)),
      sharing_(sharing),
      config_(config),
      metrics_(metrics),
      owner_(owner),
      peer_(make_peer(context_, config, metrics, *this)),
      wire_(*peer_),
      book_(context_, config, metrics, *peer_, wire_, sharing, client_share(context_, sharing, config)),
      subscriptions_(config, book_, *this),
      listens_(context_, book_, subscriptions_),
      audience_(context_, config, metrics, book_.sent(), listens_, *this),
      tools_(context_, config, metrics, audience_, *this),
      log_level_(audience_, *this),
      relay_(context_, config, metrics, wire_, book_.sent()),
      introduction_(context_, config, book_, sharing, eras, *this),
      peer_listen_(context_, config, wire_, *this),
      input_rounds_(context_, config, book_, *this),
      round_trips_(context_, config, book_, wire_),
      init_params_(mcp::shared_initialize_params(context_.version, serves_one_owner(sharing, config))) {
  if (config_.probe && sharing_ == Sharing::Shared && config_.isolation != config::Isolation::Session)
    deep_probe_.emplace(*config_.probe);
}

/// The peer's end must find the rest alive.
Multiplexer::~Multiplexer() { peer_.reset(); }

void Multiplexer::stop() {
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
  if (known != nullptr && tools() != nullptr && !known->same_as(*tools())) {
    audience_.tell_list_changed(session, mcp::Method::ToolsListChanged);
  }
  if (session.initialized) audience_.tell_lists_may_differ(session);
  book_.take_over_queue(session.id, from.book_);
  serve_queued();
}

void Multiplexer::receive(Session& session, mcp::ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  if (sharing_ == Sharing::Exclusive) begin_peer_for(session, message);
  switch (message.kind) {
    case rpc::MessageKind::Request: return on_request(session, message, to, via);
    case rpc::MessageKind::Notification: return on_note(session, message);
    case rpc::MessageKind::Response:
      if (!input_rounds_.answered(session.id, message)) relay_.answered(session.id, message);
      return;
  }
}

/// An exclusive peer is given its client's own handshake, so it starts with the
/// first message that is for it: nearly always an initialize. A client may probe
/// for the stateless revision, or ping, before that.
void Multiplexer::begin_peer_for(Session& session, Message const& message) {
  if (peer_->state() != PeerState::Stopped) return;
  auto const method = mcp::method_from(message.method);
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

/// A client's request as a call: who waits for it, for how long, and what is recorded of it.
HeldCall Multiplexer::arrived(Session const& session, Message const& message, Params const& params, ReplyTo to,
                              mcp::Via const& via) {
  auto const now = context_.loop.now();
  auto held = book_.arrived();
  auto& call = *held;
  call.method = mcp::method_from(message.method);
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
  }
  if (era_of(session.transport) == mcp::Era::Stateless) {
    call.stateless = std::make_unique<mcp::OfStateless>(mcp::OfStateless{.uri = std::string(params.uri)});
  }
  if (via.audited != nullptr) call.audited = std::make_unique<mcp::Audited>(*via.audited);
  if (via.trace != nullptr) book_.tracing().begin(call, params, *via.trace);
  return held;
}

void Multiplexer::on_request(Session& session, mcp::ClientMessage const& message, ReplyTo to, mcp::Via const& via) {
  auto const& params = message.parsed;
  auto held = arrived(session, message, params, to, via);
  auto const& call = *held;
  auto const method = call.method;
  // A session of another revision sets its level by a request.
  if (call.era() == mcp::Era::Stateless && session.log_level) log_level_.sync();

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

void Multiplexer::on_note(Session& session, mcp::ClientMessage const& message) {
  switch (mcp::route_note(mcp::method_from(message.method), shared_as())) {
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
      metrics_.notified(metrics::Way::In, label(mcp::method_from(message.method)));
      return wire_.note(message.method, message.params);
  }
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
  book_.send(std::move(call), method, params);
}

/// What is wrong with the header fields that repeat arguments. Nothing where the tool is not known: a list that is not
/// there yet does not keep anybody from calling.
std::optional<std::string> Multiplexer::header_mismatch(mcp::Call const& call, Params const& params,
                                                        mcp::Via const& via) const {
  if (call.method != mcp::Method::ToolsCall || via.header == nullptr || tools() == nullptr) return std::nullopt;
  auto const* const headers = tools()->headers_of(rpc::unquote(params.name));
  return headers == nullptr ? std::nullopt : mcp::mismatch(*headers, params.arguments, *via.header);
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
  book_.expire(now);
  serve_queued();  // a call that was given up may have made room
  end_if_hung();
  relay_.expire(now);
  round_trips_.tick(now);
  listens_.tick(now);
  introduction_.tick(now);
  peer_listen_.tick(now);
  input_rounds_.tick(now);
  auto const refreshes =
      shared_as() == Sharing::Shared && handshake_ && handshake_->has_tools() && !handshake_->tells_tool_changes();
  if (refreshes && peer_->state() == PeerState::Ready && book_.sent().size() == 0) tools_.refresh_when_due(now);
  recycle_when_due(now);
  sleep_when_unused(now);
  if (deep_probe_) probe_when_due(now);  // last: a probe under way is something to do
}

void Multiplexer::end_if_hung() {
  if (!book_.take_hang()) return;
  context_.log.warn("child.hang", "child gave no sound through several timeouts and is ended",
                    {{"server", config_.name}, {"child.pid", peer_->pid()}});
  book_.fail_sent("it did not answer and is ended");
  peer_->end_hung();
}

/// Not before the tools were listed, and not while the peer rests.
void Multiplexer::probe_when_due(TimePoint now) {
  auto const up = peer_->state() == PeerState::Ready && !tools_.under_way();
  if (!up || !deep_probe_->due(now)) return;
  deep_probe_->begin();
  ask_in_turn(std::make_unique<ProbeQuestion>(context_, config_, metrics_, *deep_probe_));
}

std::string Multiplexer::ailment() const {
  std::string why;
  if (config_.expected_tools.any() && handshake_ && !tools_.under_way()) {
    why = tools() == nullptr ? "its tools could not be listed" : lack_of(config_.expected_tools, *tools()).why;
  }
  if (deep_probe_ && deep_probe_->standing() == DeepProbe::Standing::Failed) {
    why += (why.empty() ? "" : "; ") + fmt::format("the probe failed: {}", deep_probe_->fault());
  }
  return why;
}

/// Nothing is lost that somebody waits for, and what sessions know of it is whole.
bool Multiplexer::has_nothing_to_do() const {
  return sharing_ == Sharing::Shared && peer_->state() == PeerState::Ready && book_.empty() && !tools_.under_way();
}

void Multiplexer::sleep_when_unused(TimePoint now) {
  auto const sleeps = config_.isolation == config::Isolation::Shared && config_.idle_stop > Duration{};
  if (!sleeps || !audience_.empty() || now - audience_.unused_since() < config_.idle_stop || !has_nothing_to_do())
    return;
  context_.log.info("child.idle", "child is stopped until somebody uses it",
                    {{"server", config_.name}, {"child.pid", peer_->pid()}});
  peer_->sleep();
}

/// Its memory is looked at only at a moment when it could be replaced.
void Multiplexer::recycle_when_due(TimePoint now) {
  auto const& config = config_.recycle;
  if ((config.max_age == milliseconds{} && config.max_memory == 0) || !has_nothing_to_do()) return;
  std::size_t memory = 0;
  if (config.max_memory > 0 && now - weighed_ >= kWeighEvery) {
    weighed_ = now;
    memory = peer_->usage().memory;
  }
  auto const age = now - peer_->started();
  auto const reason = recycle_reason(config, age, memory);
  if (reason.empty()) return;
  context_.log.info("child.recycle", "child is replaced by another run while it has nothing to do",
                    {{"server", config_.name},
                     {"child.pid", peer_->pid()},
                     {"reason", reason},
                     {"age_seconds", to_ms(age) / 1000},
                     {"memory_bytes", memory}});
  peer_->renew(reason);
}

}  // namespace gateway::backend
