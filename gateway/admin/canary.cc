#include "gateway/admin/canary.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace gateway::admin {

namespace {

using CanaryJson = nlohmann::ordered_json;
using Action = CanaryRequest::Action;

constexpr std::array<std::pair<std::string_view, Action>, 4> kActions{{{"start", Action::Start},
                                                                       {"promote", Action::Promote},
                                                                       {"rollback", Action::RollBack},
                                                                       {"weights", Action::SetWeights}}};

std::optional<Action> action_from(CanaryJson const& found) {
  for (auto const& [text, action] : kActions)
    if (found == text) return action;
  return std::nullopt;
}

CanaryJson json_of(CanaryStatus const& canary) {
  CanaryJson json{{"phase", canary.phase}, {"from", canary.from},   {"to", canary.to},
                  {"step", canary.step},   {"steps", canary.steps}, {"left_seconds", canary.left_seconds}};
  if (!canary.trigger.empty()) json["trigger"] = {{"name", canary.trigger}, {"why", canary.why}};
  return json;
}

CanaryJson json_of(VersionStatus const& version, health::GatewayHealth const& health) {
  CanaryJson json{{"version", version.name}, {"server", version.server}, {"weight", version.weight}};
  auto const found = std::ranges::find(health.services, version.server, &health::ServiceHealth::name);
  if (found == health.services.end()) return json;
  json["status"] = to_text(found->status);
  json["state"] = found->state;
  if (!found->reason.empty()) json["reason"] = found->reason;
  json["sessions"] = found->sessions;
  return json;
}

}  // namespace

std::string_view to_text(Action action) {
  for (auto const& [text, known] : kActions)
    if (known == action) return text;
  return {};
}

Result<CanaryRequest> read_canary_request(std::string_view body) {
  auto const json = CanaryJson::parse(body, nullptr, false);
  auto const action = json.is_object() ? action_from(json.value("action", CanaryJson{})) : std::nullopt;
  if (!action) return Error{R"(expected {"action":"start"|"promote"|"rollback"|"weights"})"};
  CanaryRequest request{.action = *action};
  auto const version = json.value("version", CanaryJson{});
  if (version.is_string()) request.version = version.get<std::string>();
  if (!version.is_null() && !version.is_string()) return Error{"version must be the name of a version"};
  auto const weights = json.value("weights", CanaryJson{});
  if (request.action != Action::SetWeights) return request;
  if (!weights.is_object()) return Error{R"(expected "weights":{"VERSION":PERCENT,...})"};
  for (auto const& [name, weight] : weights.items()) {
    if (!weight.is_number_unsigned() || weight.get<std::size_t>() > 100)
      return Error{"a weight must be a whole number from 0 to 100"};
    request.weights[name] = weight.get<std::size_t>();
  }
  return request;
}

std::string to_json(std::vector<ServiceVersions> const& all, health::GatewayHealth const& health) {
  auto services = CanaryJson::object();
  for (auto const& each : all) {
    auto& service = services[each.service] = {{"versions", CanaryJson::array()}};
    for (auto const& version : each.versions) service["versions"].push_back(json_of(version, health));
    if (each.canary) service["canary"] = json_of(*each.canary);
  }
  return CanaryJson{{"services", services}}.dump(-1, ' ', false, CanaryJson::error_handler_t::replace);
}

}  // namespace gateway::admin
