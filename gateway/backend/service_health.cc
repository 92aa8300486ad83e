#include "gateway/backend/service_health.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "gateway/config/needs.h"

namespace gateway::backend {

namespace {

using health::HealthStatus;
using health::ServiceHealth;

health::ProbeHealth health_of(DeepProbe const& probe, TimePoint now) {
  auto const standing = probe.standing();
  if (standing == DeepProbe::Standing::Unknown) return {.status = "unknown", .reason = {}};
  return {.status = standing == DeepProbe::Standing::Passed ? "passed" : "failed",
          .reason = probe.fault(),
          .age_seconds = to_ms(now - probe.judged_at()) / 1000,
          .ms = to_ms(probe.took())};
}

health::ChildHealth health_of(Multiplexer const& multiplexer, TimePoint now) {
  auto const& child = multiplexer.peer();
  health::ChildHealth health;
  health.state = to_text(child.state());
  health.well = child.state() == PeerState::Ready || child.is_between_planned_runs();
  health.reason = health.well ? multiplexer.ailment() : child.why_in_detail();
  health.pid = child.pid();
  health.restarts = child.restarts();
  health.sessions = multiplexer.sessions();
  health.calls_in_flight = multiplexer.calls_owed();
  health.last_exit = child.last_exit();
  if (auto const* const probe = multiplexer.deep_probe()) health.probe = health_of(*probe, now);
  return health;
}

/// What is known of the tools and the protocol, from any child that told.
void add_what_it_offers(ServiceHealth& health, Multiplexer const& multiplexer) {
  if (auto const* const handshake = multiplexer.handshake()) health.protocol = handshake->revision_text();
  if (auto const* const tools = multiplexer.tools()) {
    health.tools_known = true;
    health.tools = tools->size();
  }
}

void add_sums(ServiceHealth& health, health::ChildHealth const& child) {
  health.children += child.pid == 0 ? 0 : 1;
  health.restarts += child.restarts;
  health.calls_in_flight += child.calls_in_flight;
  if (!child.last_exit.empty()) health.last_exit = child.last_exit;
  // The worst is shown.
  if (child.probe && (!health.probe || child.probe->status == "failed")) health.probe = child.probe;
}

/// Shared children: as well as all of them, and served while one is ready.
void judge_replicas(ServiceHealth& health, std::vector<health::ChildHealth> const& replicas) {
  auto const well = std::count_if(replicas.begin(), replicas.end(), [](auto const& each) { return each.well; });
  auto const ailing =
      std::find_if(replicas.begin(), replicas.end(), [](auto const& each) { return !each.reason.empty(); });
  auto const shown =
      std::find_if(replicas.begin(), replicas.end(), [&](auto const& each) { return each.well == (well > 0); });
  health.state = shown->state;
  if (ailing != replicas.end()) health.reason = ailing->reason;
  if (well == 0) return;
  auto const all = static_cast<std::ptrdiff_t>(replicas.size());
  if (well < all) {
    auto const are = all - well == 1 ? "is" : "are";
    health.reason = fmt::format("{} of {} children {} not ready: {}", all - well, all, are, health.reason);
  }
  health.status = health.reason.empty() ? HealthStatus::Healthy : HealthStatus::Degraded;
}

/// Children that come and go with their sessions: one that cannot be had makes the
/// service degraded; while nobody has asked for one it is well.
void judge_on_demand(ServiceHealth& health, std::vector<health::ChildHealth> children) {
  std::erase_if(children, [](auto const& each) { return each.state == "stopped" || each.state == "stopping"; });
  health.state = "on_demand";
  health.status = HealthStatus::Healthy;
  if (children.empty()) return;
  auto const is_down = [](auto const& each) { return !each.well && each.state != "starting"; };
  auto const down = std::count_if(children.begin(), children.end(), is_down);
  auto const all = static_cast<std::ptrdiff_t>(children.size());
  auto const shown = std::find_if(children.begin(), children.end(), [&](auto const& each) {
    return down > 0 ? is_down(each) : !each.reason.empty() && each.well;
  });
  health.state = shown != children.end() ? shown->state : children.back().state;
  if (shown == children.end()) return;
  health.reason = shown->reason;
  health.status = down == all ? HealthStatus::Unhealthy : HealthStatus::Degraded;
}

}  // namespace

ServiceHealth health_of(config::ServiceConfig const& config, Children const& children, TimePoint now) {
  ServiceHealth health;
  health.name = config.name;
  if (config.version) health.version = config.version->name;
  health.required = config.required;
  if (!config.available()) {
    health.state = "unavailable";
    health.reason = config::why_unavailable(config);
    return health;
  }
  std::vector<health::ChildHealth> each;
  children.for_each([&](Multiplexer const& child) {
    each.push_back(health_of(child, now));
    add_what_it_offers(health, child);
    add_sums(health, each.back());
  });
  if (config.isolation != config::Isolation::Shared) {
    judge_on_demand(health, each);
  } else if (!each.empty()) {  // none is left at the end of a stop
    judge_replicas(health, each);
    if (each.size() > 1) health.replicas = std::move(each);
  }
  return health;
}

DeepProbe::Standing probe_standing(Children const& children) {
  auto standing = DeepProbe::Standing::Unknown;
  children.for_each([&](Multiplexer const& child) {
    auto const* const probe = child.deep_probe();
    if (probe != nullptr) standing = std::max(standing, probe->standing());
  });
  return standing;
}

}  // namespace gateway::backend
