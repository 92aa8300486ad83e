#include "gateway/auth/policy.h"

#include <algorithm>

#include "gateway/auth/claim_value.h"
#include "gateway/base/plain_uri.h"

namespace gateway::auth {

using config::Effect;
using config::PolicyRule;

namespace {

bool has_scopes(PolicyRule const& rule, Scopes const& scopes) {
  // A token that nothing restricts has every right, but is not meant by a rule that takes rights from a scope.
  auto const all = scopes.all && rule.effect == Effect::Allow;
  auto const has = [&](auto const& scope) { return std::ranges::find(scopes.names, scope) != scopes.names.end(); };
  return all || std::ranges::all_of(rule.scopes, has);
}

/// Apart from its scopes.
bool concerns(PolicyRule const& rule, Principal const& principal) {
  if (!rule.principals.empty() && (principal.id.name.empty() || !fits_any(rule.principals, principal.id.name))) {
    return false;
  }
  return std::ranges::all_of(rule.claims,
                             [&](auto const& claim) { return has_claim(principal.claims, claim.first, claim.second); });
}

bool covers(PolicyRule const& rule, std::string_view service) {
  return rule.services.empty() || fits_any(rule.services, service);
}

std::vector<std::string> const* patterns_of(PolicyRule const& rule, Asset asset) {
  switch (asset) {
    case Asset::Tool: return &rule.tools;
    case Asset::Prompt: return &rule.prompts;
    case Asset::Resource: return &rule.resources;
    case Asset::Other: break;
  }
  return nullptr;
}

/// Whether a rule is about things of this kind: by their names, or by being about the whole service.
bool is_about(PolicyRule const& rule, Asset asset) {
  auto const* const patterns = patterns_of(rule, asset);
  return rule.is_general() || (patterns != nullptr && !patterns->empty());
}

}  // namespace

void Policy::find_rules(Principal& principal) const {
  principal.rules.clear();
  for (std::size_t i = 0; i < config_.rules.size(); ++i) {
    auto const& rule = config_.rules[i];
    if (concerns(rule, principal) && has_scopes(rule, principal.scopes)) {
      principal.rules.push_back(static_cast<RuleNumber>(i));
    }
  }
}

bool Policy::may_enter(Principal const& principal, std::string_view service) const {
  for (auto const number : principal.rules) {
    auto const& rule = config_.rules[number];
    if (!covers(rule, service)) continue;
    if (rule.effect == Effect::Allow) return true;
    if (rule.is_general()) return false;
  }
  return config_.otherwise == Effect::Allow;
}

bool Policy::allows(Principal const& principal, std::string_view service, Asset asset, std::string_view name) const {
  auto const is_unclear = asset == Asset::Resource && !is_plain_uri(name);
  for (auto const number : principal.rules) {
    auto const& rule = config_.rules[number];
    if (!is_about(rule, asset) || !covers(rule, service)) continue;
    auto const allow = rule.effect == Effect::Allow;
    if (rule.is_general()) return allow;
    auto const& patterns = *patterns_of(rule, asset);
    if (is_unclear && !is_everything(patterns)) return false;
    if (fits_any(patterns, name)) return allow;
  }
  return config_.otherwise == Effect::Allow;
}

NameRules Policy::names(Principal const& principal, std::string_view service, Asset asset) const {
  NameRules names{.rules = {}, .otherwise = config_.otherwise == Effect::Allow, .are_uris = asset == Asset::Resource};
  for (auto const number : principal.rules) {
    auto const& rule = config_.rules[number];
    if (!is_about(rule, asset) || !covers(rule, service)) continue;
    names.rules.push_back({.allow = rule.effect == Effect::Allow, .patterns = {}});
    if (rule.is_general()) break;  // no other rule is reached
    names.rules.back().patterns = *patterns_of(rule, asset);
  }
  return names;
}

std::vector<std::string> Policy::scopes_for(Principal const& principal, std::string_view service, Asset asset,
                                            std::string_view name) const {
  for (auto const& rule : config_.rules) {
    auto const helps = rule.effect == Effect::Allow && !rule.scopes.empty() && covers(rule, service) &&
                       concerns(rule, principal) && !has_scopes(rule, principal.scopes);
    if (!helps) continue;
    auto then = principal;
    then.scopes.names.insert(then.scopes.names.end(), rule.scopes.begin(), rule.scopes.end());
    find_rules(then);
    if (name.empty() ? may_enter(then, service) : allows(then, service, asset, name)) return rule.scopes;
  }
  return {};
}

}  // namespace gateway::auth
