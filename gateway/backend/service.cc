#include "gateway/backend/service.h"

#include <fmt/format.h>

#include <vector>

#include "gateway/mcp/labels.h"
#include "gateway/ops/config_needs.h"

namespace gateway::backend {

using mcp::Session;
using mcp::Sharing;

namespace {

ops::ProbeHealth health_of(DeepProbe const& probe, TimePoint now) {
  switch (probe.standing()) {
    case DeepProbe::Standing::Unknown: break;
    case DeepProbe::Standing::Passed:
    case DeepProbe::Standing::Failed:
      return {.status = probe.fault().empty() ? "passed" : "failed",
              .reason = probe.fault(),
              .age_seconds = to_ms(now - probe.judged_at()) / 1000,
              .ms = to_ms(probe.took())};
  }
  return {.status = "unknown", .reason = {}};
}

}  // namespace

Service::Service(Surroundings around, ops::ServiceConfig const& config, ops::ServiceProbe& probe, Owner& owner)
    : around_(std::move(around)), config_(config), probe_(probe), owner_(owner) {
  if (unavailable()) {
    probe_.child_entered("unavailable");
  } else if (config_.isolation == ops::Isolation::Shared) {
    children_.emplace(kShared, std::make_unique<Multiplexer>(around_, Sharing::Shared, config_, probe_, *this));
  }
}

void Service::start() {
  if (unavailable()) {
    around_.world.log.warn("service.unavailable", "service is not started: something it needs is missing",
                           {{"server", config_.name}, {"reason", ops::unmet_text(config_)}});
  } else if (config_.isolation == ops::Isolation::Shared) {
    children_.at(kShared)->start();
  }
}

void Service::stop() {
  stopping_ = true;
  std::vector<Multiplexer*> all;
  for (auto const& [session, child] : children_) all.push_back(child.get());
  if (all.empty()) return owner_.on_service_stopped();
  for (auto* const child : all) child->stop();
}

Multiplexer* Service::child_of(Session const& session) {
  auto const key = config_.isolation == ops::Isolation::Shared ? kShared : session.id;
  auto const found = children_.find(key);
  return found == children_.end() ? nullptr : found->second.get();
}

std::optional<mcp::Refusal> Service::refusal(mcp::SessionOwner const&) const {
  if (unavailable()) {
    // What is missing concerns the operator: /health says it.
    return mcp::Refusal{mcp::Outcome::Unavailable, fmt::format("the server '{}' is not set up here", config_.name)};
  }
  auto const full = config_.isolation != ops::Isolation::Shared && children_.size() >= config_.max_children;
  if (stopping_ || full) return mcp::Refusal{mcp::Outcome::Busy, "no more sessions can be opened now"};
  return std::nullopt;
}

void Service::attach(Session& session) {
  ++sessions_;
  probe_.session_opened(label(session.transport));
  if (config_.isolation == ops::Isolation::Session) {
    children_.emplace(session.id, std::make_unique<Multiplexer>(around_, Sharing::Exclusive, config_, probe_, *this));
  }
  if (auto* const child = child_of(session)) child->attach(session);
}

void Service::detach(Session& session, mcp::SessionEnd why) {
  --sessions_;
  probe_.session_closed(label(session.transport), label(why), around_.world.loop.now() - session.opened);
  auto* const child = child_of(session);
  if (child == nullptr) return;
  child->detach(session);
  if (config_.isolation == ops::Isolation::Session) child->stop();
}

void Service::receive(Session& session, rpc::Message const& message, mcp::ReplyTo to) {
  if (auto* const child = child_of(session)) child->receive(session, message, to);
}

void Service::on_multiplexer_stopped(Multiplexer& multiplexer) {
  auto const key = config_.isolation == ops::Isolation::Shared ? kShared : multiplexer.sole();
  auto const found = children_.find(key);
  if (found == children_.end()) return;
  around_.world.loop.bury(std::move(found->second));
  children_.erase(found);
  if (stopping_ && children_.empty()) owner_.on_service_stopped();
}

void Service::tick() {
  // A call that expires may end its session, and that a child: what is gone is
  // buried, and lives to the end of the turn.
  std::vector<Multiplexer*> all;
  for (auto const& [session, child] : children_) all.push_back(child.get());
  for (auto* const child : all) child->tick();
  report_probes();
}

/// One failure is the service's.
void Service::report_probes() {
  auto known = false;
  auto good = true;
  for (auto const& [session, child] : children_) {
    auto const* const probe = child->deep_probe();
    if (probe == nullptr || probe->standing() == DeepProbe::Standing::Unknown) continue;
    known = true;
    good = good && probe->standing() == DeepProbe::Standing::Passed;
  }
  if (known) probe_.probe_standing(good);
}

std::size_t Service::calls_owed() const {
  std::size_t owed = 0;
  for (auto const& [session, child] : children_) owed += child->calls_owed();
  return owed;
}

ops::ServiceHealth Service::health() const {
  ops::ServiceHealth health;
  health.name = config_.name;
  health.required = config_.required;
  health.sessions = sessions_;
  health.calls_in_flight = calls_owed();
  std::string ailment;
  for (auto const& [session, multiplexer] : children_) {
    auto const& child = multiplexer->child();
    health.children += child.pid() == 0 ? 0 : 1;
    health.restarts += child.restarts();
    health.last_exit = child.last_exit();
    health.state = to_text(child.state());
    health.reason = child.why_in_detail();
    if (auto const* const handshake = multiplexer->handshake()) health.protocol = handshake->revision_text();
    if (auto const* const tools = multiplexer->tools()) {
      health.tools_known = true;
      health.tools = tools->size();
    }
    ailment = multiplexer->ailment();
    if (auto const* const probe = multiplexer->deep_probe()) health.probe = health_of(*probe, around_.world.loop.now());
  }
  // A service of single sessions is as well as the last child that was asked for.
  auto const on_demand = config_.isolation == ops::Isolation::Session;
  if (unavailable()) {
    health.state = "unavailable";
    health.reason = ops::unmet_text(config_);
  } else if (on_demand && (children_.empty() || health.state == "stopped")) health.state = "on_demand";
  auto const well = health.state == "ready" || health.state == "on_demand" || (on_demand && health.state == "starting");
  health.status = well ? ops::HealthStatus::Healthy : ops::HealthStatus::Unhealthy;
  if (well && !ailment.empty()) {
    health.status = ops::HealthStatus::Degraded;
    health.reason = ailment;
  }
  if (stopping_) health.status = ops::HealthStatus::Draining;
  return health;
}

}  // namespace gateway::backend
