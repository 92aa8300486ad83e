#include "gateway/config/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "gateway/base/name_rules.h"

namespace gateway::config {

namespace {

/// A rule is known by a RuleNumber.
constexpr std::size_t kMostRules = std::numeric_limits<RuleNumber>::max();

/// A pattern that fits no service is nearly always a typing error. Not an error: the service may be in another file.
void check_services(ConfigPlace const& place, std::vector<std::string> const& patterns, Config const& config) {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    auto const fits = [&](auto const& service) { return fits_pattern(patterns[i], service.service_name()); };
    if (std::ranges::any_of(config.services, fits)) continue;
    place.member("services").element(i).warning(fmt::format("No service is called '{}'.", patterns[i]));
  }
}

void check_rule(ConfigPlace const& place, PolicyRule const& rule, Config const& config) {
  check_services(place, rule.services, config);
  auto const needs_identity = !rule.principals.empty() || !rule.scopes.empty() || !rule.claims.empty();
  if (needs_identity && !config.gateway.auth.required() && client_authorities(config).empty())
    place.warning("Fits no client: without gateway.auth or client certificates nobody has a name, scopes or claims.");
}

void check_quota(ConfigPlace const& place, QuotaConfig const& quota, Config const& config) {
  if (place.has_errors()) return;
  check_services(place, quota.services, config);
  if (quota.calls == 0 && quota.in_flight == 0) place.error("expected calls, in_flight or both");
  if (quota.burst > 0 && quota.calls == 0) place.member("burst").error("expected calls, which burst is about");
  auto const of_tools = std::ranges::find(quota.each, QuotaEach::Tool) != quota.each.end();
  if (of_tools && quota.tools.empty())
    place.member("tools").error(R"(expected names of tools, such as ["*"], as each has "tool")");
}

}  // namespace

void check_rights(ConfigPlace const& gateway, Config const& config) {
  auto const& rules = config.gateway.policy.rules;
  auto const places = gateway.member("policy").member("rules");
  if (rules.size() > kMostRules) places.error(fmt::format("expected at most {} rules", kMostRules));
  for (std::size_t i = 0; i < rules.size(); ++i) check_rule(places.element(i), rules[i], config);
  if (rules.empty() && config.gateway.policy.otherwise == Effect::Deny)
    gateway.member("policy").warning("Denies everything to everybody: it has no rules.");
  auto const& quotas = config.gateway.quotas;
  for (std::size_t i = 0; i < quotas.size(); ++i) check_quota(gateway.member("quotas").element(i), quotas[i], config);
}

}  // namespace gateway::config
