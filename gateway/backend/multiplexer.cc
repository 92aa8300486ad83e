// What clients say. What the child says is in multiplexer_child.cc, how requests
// wait their turn in multiplexer_turns.cc, how they end in multiplexer_ends.cc. What
// has a state of its own has a class: Audience, CallRecorder, Wire, ToolListing, LogLevelSync, DeepProbe.
#include "gateway/backend/multiplexer.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/mcp/labels.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::Params;
using mcp::ReplyTo;
using mcp::Session;
using mcp::Sharing;
using rpc::ErrorCode;
using rpc::Message;

namespace {

/// Places are kept for others only where others may come.
double client_share(Surroundings const& around, Sharing sharing, config::ServiceConfig const& config) {
  auto const one_client =
      around.one_client || sharing == Sharing::Exclusive || config.isolation == config::Isolation::Affinity;
  return one_client ? 1 : config.client_share;
}

}  // namespace

Multiplexer::Multiplexer(Surroundings around, Sharing sharing, config::ServiceConfig const& config,
                         metrics::ServiceProbe& probe, Owner& owner)
    : around_(std::move(around)),
      sharing_(sharing),
      config_(config),
      probe_(probe),
      owner_(owner),
      calls_(config.max_calls, client_share(around_, sharing, config)),
      recorder_(around_, config, probe),
      audience_(around_, config, probe, calls_),
      peer_(make_peer(around_, config, probe, *this)),
      wire_(*peer_),
      tools_(around_, config, probe, audience_, *this),
      log_level_(audience_, *this),
      init_params_(mcp::shared_initialize_params(around_.world.version)) {
  if (config_.probe && sharing_ == Sharing::Shared) deep_probe_.emplace(*config_.probe);
}

/// The peer's end must find the rest alive.
Multiplexer::~Multiplexer() { peer_.reset(); }

void Multiplexer::stop() {
  fail_owed("the service was stopped");
  fail_waiting("the service was stopped");
  peer_->stop();
}

// ── sessions ─────────────────────────────────────────────────────────────────

void Multiplexer::attach(Session& session) {
  session.child = id_;
  audience_.attach(session);
  if (sharing_ == Sharing::Exclusive) sole_ = session.id;
}

void Multiplexer::detach(Session& session) {
  take_back(session);
  let_go(session);
}

void Multiplexer::take_back(Session& session) {
  for (auto const& waiting : waiting_.take_all_of(session.id)) recorder_.ended(waiting.call, Outcome::Cancelled, 0);
  for (auto const& request : session.open) {
    if (auto const call = abandon(request.call, {})) recorder_.ended(*call, Outcome::Cancelled, 0);
  }
  session.open.clear();
}

/// The part of leaving that is about the session and not about its calls.
void Multiplexer::let_go(Session& session) {
  for (auto const& uri : subscriptions_.leave(session.id)) {
    ask(std::make_unique<Unsubscribe>(uri));
  }
  audience_.detach(session);
  if (session.log_level) log_level_.sync();
}

void Multiplexer::take_over(Session& session, Multiplexer& from) {
  auto waiting = from.waiting_.take_all_of(session.id);
  auto const subscribed = from.subscriptions_.held_by(session.id);
  from.let_go(session);
  attach(session);
  if (session.log_level) log_level_.sync();
  for (auto const& uri : subscribed) {
    if (subscriptions_.adopt(uri, session.id)) ask_to_subscribe(uri, {});
  }
  auto const* const known = from.tools();
  if (known != nullptr && tools() != nullptr && !known->same_as(*tools())) {
    audience_.notify(session.id, mcp::Method::ToolsListChanged);
  }
  if (session.initialized) audience_.tell_lists_may_differ(session.id);
  for (auto& each : waiting) wait(std::move(each.call), each.method, each.params);
  serve_waiting();
}

void Multiplexer::receive(Session& session, Message const& message, ReplyTo to, mcp::Via const& via) {
  if (sharing_ == Sharing::Exclusive) begin_child_for(session, message);
  switch (message.kind) {
    case rpc::MessageKind::Request: return on_request(session, message, to, via);
    case rpc::MessageKind::Notification: return on_note(session, message);
    case rpc::MessageKind::Response: return on_client_answer(session, message);
  }
}

/// An exclusive child is given its client's own handshake, so it starts with the
/// first message: nearly always an initialize.
void Multiplexer::begin_child_for(Session& session, Message const& message) {
  if (peer_->state() != PeerState::Stopped) return;
  if (mcp::method_from(message.method) == mcp::Method::Initialize) {
    session.init_params = mcp::exclusive_initialize_params(message.params);
    init_params_ = session.init_params;
  } else {
    client_initialized_ = true;  // it will not say so itself
  }
  peer_->start();
}

void Multiplexer::on_request(Session& session, Message const& message, ReplyTo to, mcp::Via const& via) {
  auto const now = around_.world.loop.now();
  auto const method = mcp::method_from(message.method);
  auto const params = mcp::read_params(message.params);
  Call call;
  call.method = method;
  call.to = to;
  call.client = session.client;
  call.client_id.assign(message.id);
  call.request_id.assign(via.request_id);
  call.bytes_in = message.params.size();
  call.started = now;
  call.patience = config_.call_timeout;
  call.deadline = now + config_.call_timeout;
  call.hard_deadline = now + config_.call_timeout_max;
  if (method == mcp::Method::ToolsCall) {
    auto const name = rpc::unquote(params.name);
    call.subject = tools() != nullptr && tools()->contains(name) ? name : "_other";
  }

  if (via.audited != nullptr) call.audited = std::make_unique<mcp::Audited>(*via.audited);
  if (via.trace != nullptr) recorder_.tracing().begin(call, params, *via.trace);

  if (params.ambiguous) {
    return fail(call, Outcome::Invalid, ErrorCode::InvalidRequest,
                "a member of params is given twice, or in another case", "ambiguous");
  }
  if (session.open.size() >= around_.limits.max_calls_per_session) {
    probe_.call_rejected("session_limit");
    return fail(call, Outcome::Busy, ErrorCode::InternalError,
                fmt::format("this session already waits for {} answers", session.open.size()), "session_limit");
  }
  session.open.push_back({call.client_id, CallId{}});

  switch (mcp::route_request(method, sharing_)) {
    case mcp::RequestRoute::Initialize: return initialize(session, std::move(call), message.params);
    case mcp::RequestRoute::AnswerEmpty: return finish_ok(call, "{}");
    case mcp::RequestRoute::SetLogLevel: return set_log_level(session, call, params);
    case mcp::RequestRoute::Subscribe: return subscribe(std::move(call), params);
    case mcp::RequestRoute::Unsubscribe: return unsubscribe(session, call, params);
    case mcp::RequestRoute::ListTools: return list_tools(std::move(call), message.method, params);
    case mcp::RequestRoute::Forward: return forward(std::move(call), message.method, params);
    case mcp::RequestRoute::Unknown:
      return fail(call, Outcome::RpcError, ErrorCode::MethodNotFound,
                  fmt::format("Method not found: {}", message.method), {});
  }
}

// ── requests answered or merged here ─────────────────────────────────────────

void Multiplexer::initialize(Session& session, Call&& call, std::string_view params) {
  if (handshake_) return answer_initialize(session, call, params);
  if (!peer_->is_coming()) {
    return fail(call, Outcome::Unavailable, ErrorCode::InternalError,
                fmt::format("the server '{}' is not running: {}", config_.name, peer_->why_not_ready()), "not_running");
  }
  call.queued = call.started;
  waiting_.push({std::move(call), "initialize", std::string(params)});
}

void Multiplexer::answer_initialize(Session& session, Call const& call, std::string_view params) {
  session.revision = mcp::negotiate(mcp::asked_revision(params), handshake_->revision());
  session.initialized = true;
  finish_ok(call, handshake_->result_for(session.revision));
}

void Multiplexer::set_log_level(Session& session, Call const& call, Params const& params) {
  auto const level = mcp::log_level_from(rpc::unquote(params.level));
  if (!level) {
    return fail(call, Outcome::RpcError, ErrorCode::InvalidParams,
                "level must be one of debug, info, notice, warning, error, critical, alert, emergency", {});
  }
  session.log_level = *level;
  log_level_.sync();
  finish_ok(call, "{}");
}

void Multiplexer::subscribe(Call&& call, Params const& params) {
  if (!rpc::is_string(params.uri)) {
    return fail(call, Outcome::RpcError, ErrorCode::InvalidParams, "uri must be a string", {});
  }
  if (peer_->state() != PeerState::Ready) return forward(std::move(call), "resources/subscribe", params);
  if (!calls_.admits(call.client)) return wait(std::move(call), "resources/subscribe", params.raw);
  auto const uri = std::string(params.uri);
  switch (
      subscriptions_.subscribe(uri, {.to = call.to,
                                     .client_id = call.client_id,
                                     .request_id = RequestId(call.request_id.view()),
                                     .trace = call.trace ? std::make_unique<mcp::CallTrace>(*call.trace) : nullptr})) {
    case mcp::Subscriptions::Need::Nothing: return finish_ok(call, "{}");
    case mcp::Subscriptions::Need::Wait: return;
    case mcp::Subscriptions::Need::AskChild: return ask_to_subscribe(uri, call.client);
  }
}

void Multiplexer::unsubscribe(Session& session, Call const& call, Params const& params) {
  auto const uri = std::string(params.uri);
  if (subscriptions_.unsubscribe(uri, session.id)) {
    ask(std::make_unique<Unsubscribe>(uri));
  }
  finish_ok(call, "{}");
}

void Multiplexer::list_tools(Call&& call, std::string_view method, Params const& params) {
  auto const* const list = tools();
  auto const kept = config_.cache_tools && list != nullptr && !tools_.under_way() && !list->single_page().empty() &&
                    params.cursor.empty();
  probe_.tools_cache_used(kept);
  if (!kept) return forward(std::move(call), method, params);
  finish_ok(call, list->single_page());
}

// ── requests for the child ───────────────────────────────────────────────────

void Multiplexer::forward(Call&& call, std::string_view method, Params const& params) {
  switch (peer_->state()) {
    case PeerState::Ready: return send_call(std::move(call), method, params);
    case PeerState::Asleep:
    case PeerState::Stopping: peer_->wake(); break;
    case PeerState::Starting:
    case PeerState::Backoff:
    case PeerState::Stopped:
    case PeerState::CrashLoop: break;
  }
  if (peer_->is_coming()) return wait(std::move(call), method, params.raw);
  count_rejected(call, "not_running");
  fail(call, Outcome::Unavailable, ErrorCode::InternalError,
       fmt::format("the server '{}' is not running: {}", config_.name, peer_->why_not_ready()), "not_running");
}

void Multiplexer::send_call(Call&& call, std::string_view method, Params const& params) {
  if (sharing_ == Sharing::Exclusive && !initialized_sent_) send_initialized();
  if (!calls_.admits(call.client)) return wait(std::move(call), method, params.raw);
  if (call.trace && !call.trace->given_on) {
    auto const traced = recorder_.tracing().params_for_child(*call.trace, params.raw);
    if (!traced.empty()) return send_call(std::move(call), method, mcp::read_params(traced));
  }
  if (call.deadline == TimePoint::max()) {
    call.started = around_.world.loop.now();
    call.deadline = call.hard_deadline = call.started + call.patience;
  }
  call.progress_token.assign(params.progress_token);
  call.sent = around_.world.loop.right_now();
  auto* const session = around_.sessions.find(call.to.session);
  auto* const open = session == nullptr ? nullptr : session->find_open(call.client_id);
  auto const id = calls_.open(std::move(call));
  if (!wire_.request(id, method, params, sharing_ == Sharing::Shared)) {
    auto const refused = calls_.close(id);
    count_rejected(*refused, "queue_full");
    return fail(*refused, Outcome::Busy, ErrorCode::InternalError,
                fmt::format("the server '{}' does not take more input now", config_.name), "queue_full");
  }
  if (open != nullptr) open->call = id;
}

/// Of clients' calls alone: an operator's are not traffic.
void Multiplexer::count_rejected(Call const& call, std::string_view reason) {
  if (!call.is_own()) probe_.call_rejected(reason);
}

void Multiplexer::send_initialized() {
  initialized_sent_ = true;
  wire_.note("notifications/initialized", {});
  // Not before: some children end at any request that comes earlier.
  if (handshake_->has_tools()) tools_.start();
}

// ── notifications and answers of clients ─────────────────────────────────────

void Multiplexer::on_note(Session& session, Message const& message) {
  switch (mcp::route_note(mcp::method_from(message.method), sharing_)) {
    case mcp::NoteRoute::Swallow: return;
    case mcp::NoteRoute::Initialized:
      client_initialized_ = true;
      if (peer_->state() == PeerState::Ready && !initialized_sent_) send_initialized();
      return;
    case mcp::NoteRoute::Cancel: return cancel(session, mcp::read_params(message.params));
    case mcp::NoteRoute::Progress:  // the token is the child's own: nothing of it was rewritten
    case mcp::NoteRoute::Forward:
      if (peer_->state() != PeerState::Ready) return;
      probe_.notified(metrics::Way::In, label(mcp::method_from(message.method)));
      return wire_.note(message.method, message.params);
  }
}

/// Within the session alone: another session's id, or one that is answered, is
/// not found and changes nothing. (MCP 2025-11-25, Cancellation.)
void Multiplexer::cancel(Session& session, Params const& params) {
  auto const* const open = session.find_open(params.request_id);
  if (open == nullptr || params.ambiguous) return;
  if (auto const call = abandon(open->call, rpc::find_member(params.raw, "reason"))) {
    probe_.notified(metrics::Way::In, label(mcp::Method::Cancelled));
    recorder_.ended(*call, Outcome::Cancelled, 0);
    session.close(call->client_id);
    return around_.clients.drop(call->to);
  }
  auto waits = waiting_.take(session.id, params.request_id);
  if (!waits) return;
  // An initialize cannot be taken back.
  if (waits->call.method == mcp::Method::Initialize) return waiting_.push(*std::move(waits));
  recorder_.ended(waits->call, Outcome::Cancelled, 0);
  session.close(waits->call.client_id);
  around_.clients.drop(waits->call.to);
}

/// Taken only from the session that was asked, once.
void Multiplexer::on_client_answer(Session& session, Message const& message) {
  auto const id = session.id == sole_ ? rpc::id_number(message.id) : std::nullopt;
  auto const request = id ? client_requests_.close(*id) : std::nullopt;
  if (!request) return;
  if (message.error.empty()) {
    wire_.answer(request->child_id, message.result);
  } else {
    wire_.refuse(request->child_id, message.error);
  }
}

}  // namespace gateway::backend
