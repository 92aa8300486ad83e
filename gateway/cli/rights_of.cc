#include "gateway/cli/rights_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "gateway/base/json_text.h"
#include "gateway/cli/read_config_file.h"
#include "gateway/config/token_file.h"

namespace gateway::cli {

namespace {

constexpr std::string_view kNobody = "nobody";

std::vector<config::AuthToken> static_tokens(config::AuthConfig const& auth) {
  auto tokens = auth.tokens;
  if (auth.tokens_file.empty()) return tokens;
  auto const text = read_config_file(auth.tokens_file);
  if (!text) return tokens;  // what is wrong with it has been reported
  if (auto more = config::read_token_file(*text, auth.tokens_file)) {
    tokens.insert(tokens.end(), more->begin(), more->end());
  }
  return tokens;
}

/// The claims as an issuer would write them; several of one name are a list.
Result<std::string> claims_object(std::vector<std::string> const& claims) {
  std::map<std::string, std::string> values;
  for (auto const& claim : claims) {
    auto const equals = claim.find('=');
    if (equals == claim.npos || equals == 0)
      return Error{fmt::format("expected --claim NAME=VALUE, found '{}'", claim)};
    auto& list = values[claim.substr(0, equals)];
    list += fmt::format("{}{}", list.empty() ? "" : ",", json_string(claim.substr(equals + 1)));
  }
  std::string object;
  for (auto const& [name, list] : values) {
    object += fmt::format("{}{}:[{}]", object.empty() ? "" : ",", json_string(name), list);
  }
  return fmt::format("{{{}}}", object);
}

Error unknown(std::string const& name, std::vector<config::AuthToken> const& tokens,
              std::vector<config::IssuerConfig> const& issuers) {
  std::string known;
  for (auto const& token : tokens) known += fmt::format("{}{}", known.empty() ? "" : ", ", token.name);
  for (auto const& issuer : issuers) known += fmt::format("{}{}:SUBJECT", known.empty() ? "" : ", ", issuer.name);
  if (known.empty()) known = "nobody, as gateway.auth is not set";
  return Error{fmt::format("expected a principal, found '{}'; there are {}", name, known)};
}

std::string quoted(std::vector<std::string> const& patterns) { return fmt::format("{}", fmt::join(patterns, ", ")); }

}  // namespace

RightsOf::RightsOf(config::GatewayConfig const& config, Principal principal)
    : config_(config), principal_(std::move(principal)) {
  auth::Policy(config_.policy).find_rules(principal_);
}

Result<RightsOf> RightsOf::find(config::GatewayConfig const& config, Asked const& asked) {
  if (asked.name == kNobody && !config.auth.required()) return RightsOf(config, {});
  auto const tokens = static_tokens(config.auth);
  auto const token = std::ranges::find(tokens, asked.name, &config::AuthToken::name);
  if (token != tokens.end()) {
    if (!asked.scopes.empty() || !asked.claims.empty()) {
      return Error{fmt::format("expected neither --scope nor --claim: '{}' has a static token", asked.name)};
    }
    Principal holder{.id = {.name = token->name, .credential = Credential::StaticToken}};
    holder.scopes = {.all = !token->scopes, .names = token->scopes.value_or(std::vector<std::string>{})};
    return RightsOf(config, std::move(holder));
  }
  auto const of_issuer = std::ranges::any_of(
      config.auth.oauth.issuers, [&](auto const& issuer) { return asked.name.starts_with(issuer.name + ":"); });
  if (!of_issuer) return unknown(asked.name, tokens, config.auth.oauth.issuers);
  auto claims = claims_object(asked.claims);
  if (!claims) return claims.error();
  return RightsOf(config, {.id = {.name = asked.name, .credential = Credential::Jwt},
                           .scopes = {.names = asked.scopes},
                           .claims = *std::move(claims)});
}

/// The scopes it would need to use the service at all; empty where it has them.
std::string RightsOf::lacks(config::ServiceConfig const& service) const {
  std::vector<std::string> lacking;
  auto const add = [&](auto const& scopes) {
    for (auto const& scope : scopes)
      if (!principal_.scopes.has(scope)) lacking.push_back(scope);
  };
  if (principal_.id.credential == Credential::Jwt) add(config_.auth.oauth.required_scopes);
  if (principal_.id.credential != Credential::None) add(service.required_scopes);
  return quoted(lacking);
}

std::string RightsOf::rules(config::ServiceConfig const& service, auth::Asset asset) const {
  auto const names = auth::Policy(config_.policy).names(principal_, service.name, asset);
  std::string text;
  auto otherwise = names.otherwise;
  for (auto const& rule : names.rules) {
    if (rule.patterns.empty() || is_everything(rule.patterns)) {
      otherwise = rule.allow;
      break;
    }
    text += fmt::format("{} {}; ", rule.allow ? "allow" : "deny", quoted(rule.patterns));
  }
  return fmt::format("{}{} {}", text, otherwise ? "allow" : "deny", text.empty() ? "all" : "the rest");
}

void RightsOf::write(std::ostream& out, std::vector<config::ServiceConfig> const& services) const {
  auto const is_nobody = principal_.id.credential == Credential::None;
  out << fmt::format("as {}", is_nobody ? std::string("a client without a token") : principal_.id.name);
  if (!is_nobody) {
    auto const scopes = principal_.scopes.all ? "all" : quoted(principal_.scopes.names);
    out << fmt::format(", with the scopes: {}", scopes.empty() ? "none" : scopes);
  }
  out << '\n';
  auth::Policy const policy(config_.policy);
  for (auto const& service : services) {
    if (service.disabled) continue;
    auto const lacking = lacks(service);
    if (!lacking.empty()) {
      out << fmt::format("  {:<16} no access: lacks the scope {}\n", service.name, lacking);
    } else if (!policy.may_enter(principal_, service.name)) {
      out << fmt::format("  {:<16} no access: no rule of gateway.policy allows anything\n", service.name);
    } else {
      out << fmt::format("  {:<16} tools: {}\n  {:<16} prompts: {}\n  {:<16} resources: {}\n", service.name,
                         rules(service, auth::Asset::Tool), "", rules(service, auth::Asset::Prompt), "",
                         rules(service, auth::Asset::Resource));
    }
  }
}

void RightsOf::write_tools(std::ostream& out, config::ServiceConfig const& service, mcp::ToolList const& tools) const {
  auth::Policy const policy(config_.policy);
  auto const enters = lacks(service).empty() && policy.may_enter(principal_, service.name);
  std::vector<std::string> names[2];
  tools.for_each([&](std::string_view name) {
    auto const allowed = enters && policy.allows(principal_, service.name, auth::Asset::Tool, name);
    names[allowed ? 1 : 0].emplace_back(name);
  });
  for (auto const allowed : {1, 0}) {
    std::ranges::sort(names[allowed]);
    if (!names[allowed].empty()) {
      out << fmt::format("      {} may {}call: {}\n", principal_.id.name.empty() ? kNobody : principal_.id.name,
                         allowed == 1 ? "" : "not ", quoted(names[allowed]));
    }
  }
}

}  // namespace gateway::cli
