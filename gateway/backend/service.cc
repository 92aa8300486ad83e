#include "gateway/backend/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/backend/round_trips.h"
#include "gateway/backend/service_health.h"

namespace gateway::backend {

using mcp::Session;

namespace {

/// How often its children's resources are asked for; they are read less often.
constexpr Duration kReportResources = seconds(1);

}  // namespace

Service::Service(Context context, ServiceKey key, config::ServiceConfig config, metrics::ServiceProbe& metrics,
                 Owner& owner)
    : context_(std::move(context)), key_(key), metrics_(metrics), owner_(owner) {
  if (config.recycle.max_memory > 0) metrics_.child_memory_limit(config.recycle.max_memory);
  current_ = make_edition(std::move(config));
}

std::unique_ptr<Edition> Service::make_edition(config::ServiceConfig config) {
  last_ = EditionId{raw(last_) + 1};
  return std::make_unique<Edition>(context_, last_, std::move(config), metrics_, static_cast<Edition::Owner&>(*this));
}

Edition* Service::find(EditionId id) {
  if (current_->id() == id) return current_.get();
  auto const found =
      std::find_if(retiring_.begin(), retiring_.end(), [&](Retiring const& each) { return each.edition->id() == id; });
  return found == retiring_.end() ? nullptr : found->edition.get();
}

std::vector<Edition*> Service::all() {
  std::vector<Edition*> editions{current_.get()};
  for (auto const& each : retiring_) editions.push_back(each.edition.get());
  return editions;
}

// ── other configurations ─────────────────────────────────────────────────────

void Service::replace(config::ServiceConfig config, Duration patience) {
  if (!needs_another_edition(current_->config(), config)) return current_->adjust(config);
  renew(std::move(config), patience);
}

void Service::renew(config::ServiceConfig config, Duration patience) {
  auto const limit = config.recycle.max_memory;
  if (limit > 0 || this->config().recycle.max_memory > 0) metrics_.child_memory_limit(limit);
  context_.log.info(
      "service.replaced", "new children are started beside its former ones",
      {{"server", this->config().name}, {"sessions", current_->session_count()}, {"calls", calls_owed()}});
  clear_what_is_gone(config);
  auto next = make_edition(std::move(config));
  next->be_drained_as(*current_);
  current_->retire();
  retiring_.push_back({.edition = std::exchange(current_, std::move(next)), .until = context_.loop.now() + patience});
  current_->start();
}

/// What is not looked at any more is not shown as it was found last.
void Service::clear_what_is_gone(config::ServiceConfig const& next) {
  auto const& before = config();
  if (before.probe && !next.probe) metrics_.probe_standing(true);
  if (before.expected_tools.any() && !next.expected_tools.any()) metrics_.tools_missing(0);
  if (before.pinned_tools && !next.pinned_tools) metrics_.tools_drifted(0);
  if (!next.available()) metrics_.tools_listed(0, false);
}

void Service::remove(Duration patience) {
  context_.log.info("service.removed", "it is not configured any more",
                    {{"server", config().name}, {"sessions", current_->session_count()}, {"calls", calls_owed()}});
  removed_ = true;
  removed_until_ = context_.loop.now() + patience;
  current_->retire();
  look_at_retiring();
}

/// Looked at with each tick, since what keeps a session where it is, a call that is in flight, ends in many ways.
void Service::look_at_retiring() {
  if (stopping_) return;
  for (auto* const edition : all()) {
    if ((edition == current_.get() && !removed_) || edition->is_stopping()) continue;
    auto const until = edition == current_.get() ? removed_until_ : retiring_of(*edition).until;
    auto const is_late = context_.loop.now() >= until;
    auto const can_move = !removed_ && edition->has_no_state_of_sessions() && current_->has_no_state_of_sessions() &&
                          current_->available();
    // What works is not given up for what has never worked.
    if (can_move && !current_->has_been_ready()) continue;
    if (can_move && (current_->is_ready() || is_late)) edition->hand_on_to(*current_);
    if (!can_move) end_sessions(*edition, Edition::Which::Idle);
    if (is_late) end_sessions(*edition, Edition::Which::All);
    if (is_late || edition->is_unused()) edition->stop();
  }
}

Service::Retiring& Service::retiring_of(Edition const& edition) {
  return *std::find_if(retiring_.begin(), retiring_.end(),
                       [&](Retiring const& each) { return each.edition.get() == &edition; });
}

void Service::end_sessions(Edition& edition, Edition::Which which) {
  for (auto const session : edition.sessions(which)) {
    edition.count_ended();
    context_.clients.end(session, mcp::SessionEnd::Reload);
  }
}

void Service::tell_end(Edition const& edition) const {
  context_.log.info("service.former_ended", "its former children have ended",
                    {{"server", config().name}, {"moved", edition.moved()}, {"ended", edition.ended()}});
}

void Service::operate(Operation const& operation, Duration patience, TellEnd tell) {
  auto const renews = std::holds_alternative<Renew>(operation);
  if (!renews || stopping_ || !config().available()) return current_->operate(operation, std::move(tell));
  auto const sessions = health().sessions;
  renew(config(), patience);
  tell({OperationEnd::Verdict::Done, fmt::format(R"({{"renewing":true,"sessions":{}}})", sessions)});
}

void Service::stop() {
  stopping_ = true;
  for (auto* const edition : all()) edition->stop();
}

/// It may be on the call stack: it is buried.
void Service::on_edition_stopped(Edition& edition) {
  if (&edition != current_.get()) {
    auto const its = std::find_if(retiring_.begin(), retiring_.end(),
                                  [&](Retiring const& each) { return each.edition.get() == &edition; });
    if (its == retiring_.end()) return;  // stopped before, and told again
    tell_end(edition);
    edition.show_circuits();
    context_.loop.bury(std::move(its->edition));
    retiring_.erase(its);
    current_->show_circuits();
  }
  if (&edition == current_.get() && removed_) tell_end(edition);
  if ((stopping_ || removed_) && stopped()) owner_.on_service_stopped(*this);
}

// ── sessions ─────────────────────────────────────────────────────────────────

void Service::detach(Session& session, mcp::SessionEnd why) {
  if (auto* const edition = find(session.edition)) edition->detach(session, why);
}

void Service::take_back(Session& session, mcp::SessionEnd why) {
  if (auto* const edition = find(session.edition)) edition->take_back(session, why);
}

void Service::receive(Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via) {
  auto* edition = find(session.edition);
  if (edition == nullptr) return;
  if (session.mark.shows_state && !retiring_.empty() && via.refused == nullptr) {
    // It began at the current edition, and answers what one before it may have asked.
    auto const state = RoundTrips::shown_state(context_.seal, session, message.params);
    auto* const asked = state ? find(state->edition) : nullptr;
    if (asked != nullptr && asked != edition) {
      asked->take_back_to(state->child, session, *edition);
      edition = find(session.edition);
    }
  }
  edition->receive(session, message, to, via);
}

// ── as time passes ───────────────────────────────────────────────────────────

void Service::tick() {
  for (auto* const edition : all()) edition->tick();
  look_at_retiring();
  report();
}

/// What is the service's as a whole.
void Service::report() {
  if (!current_->available() && !was_available_) return;
  was_available_ = true;
  std::size_t queued = 0;
  for (auto const* const edition : all())
    edition->children().for_each([&](Multiplexer const& child) { queued += child.peer().queued_bytes(); });
  metrics_.calls_in_flight(calls_owed());
  metrics_.child_stdin_queue(queued);
  report_resources(context_.loop.now());
  switch (probe_standing(children())) {
    case DeepProbe::Standing::Unknown: return;
    case DeepProbe::Standing::Passed: return metrics_.probe_standing(true);
    case DeepProbe::Standing::Failed: return metrics_.probe_standing(false);
  }
}

void Service::report_resources(TimePoint now) {
  if (now - resources_reported_ < kReportResources) return;
  resources_reported_ = now;
  metrics::ChildResources used;
  TimePoint heard{};
  for (auto* const edition : all()) {
    auto const its = edition->resources();
    used.memory_bytes += its.used.memory_bytes;
    used.fds += its.used.fds;
    used.threads += its.used.threads;
    used.processes += its.used.processes;
    heard = std::max(heard, its.heard);
  }
  metrics_.child_resources(used);
  if (heard != TimePoint{}) metrics_.child_heard(now - heard);
}

std::size_t Service::calls_suspended() const {
  auto suspended = current_->calls_suspended();
  for (auto const& each : retiring_) suspended += each.edition->calls_suspended();
  return suspended;
}

std::size_t Service::calls_owed() const {
  auto owed = current_->calls_owed();
  for (auto const& each : retiring_) owed += each.edition->calls_owed();
  return owed;
}

health::ServiceHealth Service::health() const {
  auto health = current_->health();
  health.sessions = current_->session_count();
  for (auto const& each : retiring_) {
    health.sessions += each.edition->session_count();
    health.calls_in_flight += each.edition->calls_owed();
  }
  // Those before serve until the next were ready once, and for new sessions that is a moment.
  auto const before_serve =
      std::any_of(retiring_.begin(), retiring_.end(), [](Retiring const& each) { return each.edition->is_ready(); });
  if (health.status == health::HealthStatus::Unhealthy && before_serve && !current_->has_been_ready())
    health.status = health::HealthStatus::Degraded;
  return health;
}

}  // namespace gateway::backend
