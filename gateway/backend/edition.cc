#include "gateway/backend/edition.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/backend/service_health.h"
#include "gateway/config/needs.h"
#include "gateway/mcp/input_request.h"
#include "gateway/mcp/labels.h"

namespace gateway::backend {

using mcp::Session;

namespace {
/// How often the file of pinned tools is looked at.
constexpr Duration kReadPins = seconds(2);
constexpr std::string_view kDrained = "drained by an operator: it takes no new sessions";

std::optional<Circuits> make_circuits(Context const& context, config::ServiceConfig const& config,
                                      metrics::ServiceProbe& metrics) {
  if (!config.circuit_breaker) return std::nullopt;
  return std::optional<Circuits>(std::in_place, context, config, metrics);
}

std::optional<ToolPins> make_pins(Context const& context, config::ServiceConfig const& config,
                                  metrics::ServiceProbe& metrics) {
  if (!config.pinned_tools || !config.available()) return std::nullopt;
  return std::optional<ToolPins>(std::in_place, context, config, metrics);
}

/// What is read each time it is needed.
void take_over_what_is_adjustable(config::ServiceConfig& into, config::ServiceConfig const& from) {
  into.listen = from.listen;
  into.tls = from.tls;
  into.required = from.required;
  into.required_scopes = from.required_scopes;
  into.call_timeout = from.call_timeout;
  into.call_timeout_max = from.call_timeout_max;
  into.server_request_timeout = from.server_request_timeout;
  into.version = from.version;
  into.canary = from.canary;
}

}  // namespace

bool needs_another_edition(config::ServiceConfig before, config::ServiceConfig const& after) {
  take_over_what_is_adjustable(before, after);
  return before != after;
}

Edition::Edition(Context context, EditionId id, config::ServiceConfig config, metrics::ServiceProbe& metrics,
                 Owner& owner)
    : context_(std::move(context)),
      id_(id),
      config_(std::move(config)),
      metrics_(metrics),
      owner_(owner),
      circuits_(make_circuits(context_, config_, metrics)),
      pins_(make_pins(context_, config_, metrics)),
      children_(context_, config_, metrics, {circuits_ ? &*circuits_ : nullptr, pins_ ? &*pins_ : nullptr}, *this) {
  if (available()) {
    placement_ = make_placement(config_, children_);
  } else {
    metrics_.child_entered("unavailable");
  }
}

Edition::~Edition() {
  if (!available()) metrics_.child_left("unavailable");
}

void Edition::start() {
  if (available()) return placement_->begin();
  context_.log.warn("service.unavailable", "service is not started: something stands in its way",
                    {{"server", config_.name}, {"reason", config::why_unavailable(config_)}});
}

void Edition::stop() {
  if (std::exchange(stopping_, true) && !children_.empty()) return;
  if (children_.empty()) return owner_.on_edition_stopped(*this);
  for (auto* const child : children_.all()) child->stop();
}

// ── sessions ─────────────────────────────────────────────────────────────────

std::optional<mcp::Refusal> Edition::refusal(mcp::SessionOwner const& owner) const {
  if (!available()) {
    // What is missing concerns the operator: /health says it.
    return mcp::Refusal{mcp::Outcome::Unavailable, fmt::format("the server '{}' is not set up here", config_.name)};
  }
  if (stopping_ || retired_) return mcp::Refusal{mcp::Outcome::Busy, "no more sessions can be opened now"};
  if (pins_ && pins_->refuses()) {
    return mcp::Refusal{mcp::Outcome::Unavailable,
                        fmt::format("the tools of the server '{}' are not as they were approved", config_.name)};
  }
  if (drained_ && !(owner.comes_back && goes_on_for_clients()))
    return mcp::Refusal{mcp::Outcome::Busy, fmt::format("the server '{}' takes no new sessions now", config_.name)};
  return placement_->refusal(owner);
}

/// A client that answers what it was asked finishes a call that is open. A child of the stateless revision knows itself
/// whether it is one.
bool Edition::goes_on_for_clients() const {
  auto goes_on = false;
  children_.for_each([&](Multiplexer const& child) { goes_on |= child.is_awaited() || child.is_stateless(); });
  return goes_on;
}

std::string_view Edition::key_header() const {
  return config_.isolation == config::Isolation::Affinity ? std::string_view(config_.affinity.header)
                                                          : std::string_view{};
}

mcp::ServicePort::Offered Edition::offered() const {
  mcp::ServicePort::Offered offered;
  children_.for_each([&](Multiplexer const& child) {
    if (offered.tools == nullptr) offered.tools = child.tools();
    if (offered.capabilities.empty() && child.handshake() != nullptr)
      offered.capabilities = child.handshake()->capabilities();
  });
  return offered;
}

void Edition::attach(Session& session) {
  ++sessions_;
  session.edition = id_;
  metrics_.session_opened(label(session.transport));
  auto& child = placement_->place(session);
  child.attach(session);
  placement_->on_attached(child);
}

void Edition::detach(Session& session, mcp::SessionEnd why) {
  --sessions_;
  metrics_.session_closed(label(session.transport), label(why), context_.loop.now() - session.opened);
  auto* const child = children_.find(session.child);
  if (child == nullptr) return;
  child->detach(session, why);
  placement_->on_left(*child);
}

void Edition::take_back(Session& session, mcp::SessionEnd why) {
  if (auto* const child = children_.find(session.child)) child->take_back(session, why);
}

void Edition::receive(Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via) {
  auto const is_placed = session.transport == mcp::Transport::Stateless && via.refused == nullptr;
  auto const is_bound = is_placed && place_request(session, message);
  auto* child = children_.find(session.child);
  if (child == nullptr) return;
  // What was sent to a child that is asked to end may still be answered by it, and can be
  // taken back only there.
  if (!is_bound && child->peer().state() != PeerState::Ready && child->can_part_with(session)) {
    if (auto* const other = placement_->refuge_from(*child)) {
      other->take_over(session, *child);
      child = other;
    }
  }
  child->receive(session, message, to, via);
}

/// A stateless client's request goes to the child that asked what it answers, or to one that suits it. Gives whether it
/// must stay there, also while that child is down: no other knows the call.
bool Edition::place_request(Session& session, mcp::ClientMessage const& message) {
  auto* const child = children_.find(session.child);
  auto const method = message.known_method;
  if (child == nullptr) return false;
  Multiplexer* better = nullptr;
  // A child of the stateless revision reads its requestStates itself.
  auto const is_retry = session.mark.shows_state && !child->is_stateless();
  if (!is_retry) {
    better = placement_->better_for(session, *child, method);
  } else if (auto const state = RoundTrips::shown_state(context_.seal, session, message.params)) {
    better = children_.find(state->child);
  }
  if (better != nullptr && better != child) move_to(*better, session, *child);
  return is_retry && better != nullptr;
}

void Edition::move_to(Multiplexer& other, Session& session, Multiplexer& from) {
  other.take_over(session, from);
  placement_->on_attached(other);
}

// ── children ─────────────────────────────────────────────────────────────────

/// While it was not known what the child is, requests of stateless clients waited for it together. Where each had better
/// have a child of its own, all but one move on.
void Edition::on_multiplexer_ready(Multiplexer& ready) {
  has_been_ready_ = true;
  if (stopping_) return;  // the placement does not know which children have gone since
  placement_->on_ready(ready);
  if (ready.is_stateless()) return;
  auto one_stays = false;
  ready.for_each_session([&](Session& session) {
    auto const method = session.transport == mcp::Transport::Stateless && !session.mark.shows_state
                            ? ready.waits_with(session.id)
                            : std::nullopt;
    if (!method || !mcp::may_need_input(*method) || !ready.can_part_with(session)) return;
    if (!std::exchange(one_stays, true)) return;
    auto* const better = placement_->better_for(session, ready, *method);
    if (better != nullptr && better != &ready) move_to(*better, session, ready);
  });
}

void Edition::on_multiplexer_down(Multiplexer& down) {
  if (stopping_) return;
  down.for_each_session([&](Session& session) {
    if (!down.can_part_with(session)) return;  // it listens, and goes on with the next run
    if (auto* const other = placement_->refuge_from(down)) other->take_over(session, down);
  });
  placement_->on_down(down);
}

void Edition::on_list_changed(Multiplexer const& multiplexer, mcp::Method method) {
  if (stopping_) return;
  for (auto* const sibling : placement_->siblings_of(multiplexer)) sibling->tell_listeners(method);
}

void Edition::on_multiplexer_stopped(Multiplexer& multiplexer) {
  auto stopped = children_.release(multiplexer.id());
  if (!stopped) return;
  context_.loop.bury(std::move(stopped));
  if (stopping_ && children_.empty()) owner_.on_edition_stopped(*this);
}

// ── when another edition replaces it ─────────────────────────────────────────

void Edition::adjust(config::ServiceConfig const& config) { take_over_what_is_adjustable(config_, config); }

void Edition::retire() {
  retired_ = true;
  for (auto* const child : children_.all()) child->complete_listens();
}

bool Edition::is_ready() const {
  auto ready = false;
  children_.for_each([&](Multiplexer const& child) { ready |= child.peer().state() == PeerState::Ready; });
  return ready;
}

void Edition::hand_on_to(Edition& next) {
  for (auto* const child : children_.all()) {
    child->for_each_session([&](Session& session) {
      // What a retry answers is known here alone.
      if (session.mark.shows_state || !child->can_part_with(session)) return;
      next.take_over(session, *this, next.placement_->place(session));
      ++moved_;
    });
  }
}

void Edition::take_back_to(ChildId id, Session& session, Edition& from) {
  auto* const child = stopping_ ? nullptr : children_.find(id);
  if (child != nullptr) take_over(session, from, *child);
}

void Edition::take_over(Session& session, Edition& from, Multiplexer& child) {
  auto* const left = from.children_.find(session.child);
  if (left == nullptr) return;
  --from.sessions_;
  ++sessions_;
  session.edition = id_;
  child.take_over(session, *left);
  if (!retired_) placement_->on_attached(child);  // or nobody will need what that prepares
  from.placement_->on_left(*left);
}

std::vector<SessionId> Edition::sessions(Which which) {
  std::vector<SessionId> found;
  for (auto* const child : children_.all()) {
    child->for_each_session([&](Session const& session) {
      if (which == Which::All || session.open.empty()) found.push_back(session.id);
    });
  }
  return found;
}

bool Edition::is_unused() const {
  auto awaited = false;
  children_.for_each([&](Multiplexer const& child) { awaited |= child.is_awaited(); });
  return sessions_ == 0 && !awaited;
}

void Edition::show_circuits() {
  if (!circuits_) return;
  stopping_ ? circuits_->show_end() : circuits_->show();
}

// ── as time passes ───────────────────────────────────────────────────────────

void Edition::tick() {
  if (!available()) return;
  if (circuits_) circuits_->tick();
  if (pins_) refresh_pins(context_.loop.now());
  // A call that expires may end its session, and that a child.
  for (auto* const child : children_.all()) child->tick();
  if (!stopping_) placement_->tick(context_.loop.now());
}

void Edition::refresh_pins(TimePoint now) {
  if (now - pins_read_ < kReadPins) return;
  pins_read_ = now;
  if (!pins_->refresh()) return;
  children_.for_each([](Multiplexer& child) { child.list_tools_again(); });
}

Edition::Resources Edition::resources() {
  Resources all;
  for (auto* const child : children_.all()) {
    child->count_cpu();
    auto const usage = child->peer().usage();
    all.used.memory_bytes += usage.memory;
    all.used.fds += usage.fds;
    all.used.threads += usage.threads;
    all.used.processes += usage.processes;
    if (child->peer().last_heard() > child->peer().started())
      all.heard = std::max(all.heard, child->peer().last_heard());
  }
  return all;
}

std::size_t Edition::calls_owed() const {
  std::size_t owed = 0;
  children_.for_each([&](Multiplexer const& child) { owed += child.calls_owed(); });
  return owed;
}

std::size_t Edition::calls_suspended() const {
  std::size_t suspended = 0;
  children_.for_each([&](Multiplexer const& child) { suspended += child.calls_suspended(); });
  return suspended;
}

health::ServiceHealth Edition::health() const {
  auto health = health_of(config_, children_, context_.loop.now());
  if (circuits_ && available()) circuits_->add_to(health);
  if (pins_) pins_->add_to(health);
  if (drained_) {
    health.reason = health.reason.empty() ? std::string(kDrained) : fmt::format("{}; {}", kDrained, health.reason);
  }
  if (stopping_ || drained_) health.status = health::HealthStatus::Draining;
  return health;
}

}  // namespace gateway::backend
