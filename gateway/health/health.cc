#include "gateway/health/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "gateway/base/counted.h"
#include "gateway/health/health_json.h"

namespace gateway::health {

namespace {

using Json = nlohmann::ordered_json;

std::string now_text() {
  auto const now = std::chrono::system_clock::now();
  auto const ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  auto const second = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&second, &utc);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  return fmt::format("{}.{:03}Z", date.data(), ms);
}

/// Nobody reads seventeen digits.
double to_three_places(double value) { return std::round(value * 1000) / 1000; }

Json probe_json(ProbeHealth const& probe) {
  Json json{{"status", probe.status}};
  if (!probe.reason.empty()) json["reason"] = probe.reason;
  if (probe.status != "unknown") {
    json["age_seconds"] = to_three_places(probe.age_seconds);
    json["ms"] = to_three_places(probe.ms);
  }
  return json;
}

Json circuit_json(CircuitHealth const& circuit) {
  Json json{{"state", circuit.state}};
  if (!circuit.reason.empty()) json["reason"] = circuit.reason;
  if (circuit.retry_after_seconds) json["retry_after_seconds"] = to_three_places(*circuit.retry_after_seconds);
  return json;
}

Json child_json(ChildHealth const& child) {
  Json json{{"state", child.state}};
  if (!child.reason.empty()) json["reason"] = child.reason;
  if (child.pid != 0) json["pid"] = child.pid;
  json["restarts"] = child.restarts;
  json["sessions"] = child.sessions;
  json["calls_in_flight"] = child.calls_in_flight;
  if (!child.last_exit.empty()) json["last_exit"] = child.last_exit;
  if (child.probe) json["probe"] = probe_json(*child.probe);
  return json;
}

Json service_json(ServiceHealth const& service) {
  Json json{{"status", to_text(service.status)}, {"state", service.state}};
  if (!service.version.empty()) json["version"] = service.version;
  if (!service.reason.empty()) json["reason"] = service.reason;
  if (!service.protocol.empty()) json["protocol"] = service.protocol;
  json["required"] = service.required;
  if (service.loop) json["loop"] = *service.loop;
  if (service.tools_known) json["tools"] = service.tools;
  json["restarts"] = service.restarts;
  json["children"] = service.children;
  json["sessions"] = service.sessions;
  json["calls_in_flight"] = service.calls_in_flight;
  if (!service.last_exit.empty()) json["last_exit"] = service.last_exit;
  if (service.probe) json["probe"] = probe_json(*service.probe);
  for (auto const& circuit : service.circuits) {
    auto& place = circuit.tool.empty() ? json["circuit"] : json["tool_circuits"][circuit.tool];
    place = circuit_json(circuit);
  }
  for (auto const& child : service.replicas) json["replicas"].push_back(child_json(child));
  return json;
}

Json head_json(GatewayHealth const& health, HealthStatus status) {
  return {{"status", to_text(status)},
          {"version", health.version},
          {"buildTime", health.build_time},
          {"timestamp", now_text()},
          {"instance_id", health.instance_id},
          {"uptime_seconds", to_three_places(health.uptime_seconds)},
          {"draining", health.status == HealthStatus::Draining}};
}

std::string dump(Json const& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string_view to_text(HealthStatus status) {
  switch (status) {
    case HealthStatus::Healthy: return "HEALTHY";
    case HealthStatus::Degraded: return "DEGRADED";
    case HealthStatus::Unhealthy: return "UNHEALTHY";
    case HealthStatus::Draining: return "DRAINING";
  }
  return "UNHEALTHY";
}

int http_status(HealthStatus status) {
  return status == HealthStatus::Healthy || status == HealthStatus::Degraded ? 200 : 503;
}

HealthStatus overall(std::vector<ServiceHealth> const& services, bool draining) {
  if (draining) return HealthStatus::Draining;
  auto status = HealthStatus::Healthy;
  for (auto const& service : services) {
    auto const left_out = service.state == "unavailable" && !service.required;
    if (service.status == HealthStatus::Healthy || left_out) continue;
    auto const serves = service.status == HealthStatus::Degraded;
    status = std::max(status, service.required && !serves ? HealthStatus::Unhealthy : HealthStatus::Degraded);
  }
  return status;
}

bool is_proven(ServiceHealth const& service) {
  return service.status == HealthStatus::Healthy && (!service.probe || service.probe->status == "passed");
}

bool is_ready(GatewayHealth const& health) {
  return health.status != HealthStatus::Draining &&
         std::all_of(health.services.begin(), health.services.end(), [](ServiceHealth const& service) {
           return !service.required || http_status(service.status) == 200;
         });
}

HealthStatus status_of_group(GatewayHealth const& health, std::vector<std::string> const& members) {
  if (health.status == HealthStatus::Draining) return health.status;
  std::size_t well = 0;
  std::size_t serving = 0;
  for (auto const& service : health.services) {
    if (std::ranges::find(members, service.name) == members.end()) continue;
    well += service.status == HealthStatus::Healthy ? 1 : 0;
    serving += http_status(service.status) == 200 ? 1 : 0;
  }
  if (serving == 0) return HealthStatus::Unhealthy;
  return well == members.size() ? HealthStatus::Healthy : HealthStatus::Degraded;
}

std::string why(GatewayHealth const& health) {
  if (health.status == HealthStatus::Draining) return "it ends: open calls are waited for, new sessions are refused";
  std::string names;
  std::size_t count = 0;
  for (auto const& service : health.services) {
    auto const left_out = service.state == "unavailable" && !service.required;
    if (service.status == HealthStatus::Healthy || left_out) continue;
    ++count;
    names += (names.empty() ? "" : ", ") + service.name;
  }
  if (count == 0) return {};
  return fmt::format("{} of {} {} not well: {}", count, counted(health.services.size(), "service"),
                     count == 1 ? "is" : "are", names);
}

nlohmann::ordered_json health_json(GatewayHealth const& health) {
  auto json = head_json(health, health.status);
  auto& servers = json["servers"] = Json::object();
  for (auto const& service : health.services) servers[service.name] = service_json(service);
  return json;
}

std::string to_json(GatewayHealth const& health) { return dump(health_json(health)); }

std::string to_json(GatewayHealth const& health, ServiceHealth const& service) {
  auto json = head_json(health, health.status == HealthStatus::Draining ? health.status : service.status);
  json["server"] = service.name;
  json.update(service_json(service));
  json["status"] = to_text(health.status == HealthStatus::Draining ? health.status : service.status);
  return dump(json);
}

std::string to_json(GatewayHealth const& health, std::string const& group, std::vector<std::string> const& members) {
  auto json = head_json(health, status_of_group(health, members));
  json["group"] = group;
  auto& servers = json["servers"] = Json::object();
  for (auto const& service : health.services)
    if (std::ranges::find(members, service.name) != members.end()) servers[service.name] = service_json(service);
  return dump(json);
}

}  // namespace gateway::health
