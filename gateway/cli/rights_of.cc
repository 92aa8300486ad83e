#include "gateway/cli/rights_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

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

std::string escaped_for_pointer(std::string_view name) {
  std::string text;
  for (auto const c : name) text += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return text;
}

/// The claims as the issuer would write them, with those that follow from the name and the scopes. Several of one name
/// are a list.
Result<std::string> claims_object(config::IssuerConfig const& issuer, Asked const& asked) {
  nlohmann::json object{{"iss", issuer.issuer},
                        {"sub", asked.name.substr(issuer.name.size() + 1)},
                        {"scope", fmt::format("{}", fmt::join(asked.scopes, " "))}};
  for (auto const& claim : asked.claims) {
    auto const equals = claim.find('=');
    if (equals == claim.npos || equals == 0)
      return Error{fmt::format("expected --claim NAME=VALUE, found '{}'", claim)};
    auto const name = claim.substr(0, equals);
    auto const pointer = name.starts_with('/') ? name : "/" + escaped_for_pointer(name);
    try {
      auto& value = object[nlohmann::json::json_pointer(pointer)];
      if (!value.is_array()) value = nlohmann::json::array();
      value.push_back(claim.substr(equals + 1));
    } catch (nlohmann::json::exception const&) {
      return Error{fmt::format("expected --claim NAME=VALUE with a name or a JSON pointer, found '{}'", claim)};
    }
  }
  return object.dump();
}

Error unknown(std::string const& name, std::vector<config::AuthToken> const& tokens, config::Config const& config) {
  std::string known;
  auto const add = [&known](std::string const& one) { known += fmt::format("{}{}", known.empty() ? "" : ", ", one); };
  for (auto const& token : tokens) add(token.name);
  for (auto const& issuer : config.gateway.auth.oauth.issuers) add(issuer.name + ":SUBJECT");
  for (auto const& tls : client_authorities(config)) add(tls.client_prefix + ":NAME");
  if (known.empty()) known = "nobody, as gateway.auth is not set";
  return Error{fmt::format("expected a principal, found '{}'; there are {}", name, known)};
}

std::string quoted(std::vector<std::string> const& patterns) { return fmt::format("{}", fmt::join(patterns, ", ")); }

/// Without scopes of its own it has all.
Principal principal_with(std::string name, Credential credential,
                         std::optional<std::vector<std::string>> const& scopes) {
  Principal principal{.id = {.name = std::move(name), .credential = credential}};
  principal.scopes = {.all = !scopes, .names = scopes.value_or(std::vector<std::string>{})};
  return principal;
}

}  // namespace

RightsOf::RightsOf(config::GatewayConfig const& config, Principal principal)
    : config_(config), principal_(std::move(principal)) {
  auth::Policy(config_.policy).find_rules(principal_);
}

Result<RightsOf> RightsOf::find(config::Config const& all, Asked const& asked) {
  auto const& config = all.gateway;
  if (asked.name == kNobody && !config.auth.required()) return RightsOf(config, {});
  auto const tokens = static_tokens(config.auth);
  auto const token = std::ranges::find(tokens, asked.name, &config::AuthToken::name);
  auto const authorities = client_authorities(all);
  auto const authority = std::ranges::find_if(
      authorities, [&](auto const& tls) { return asked.name.starts_with(tls.client_prefix + ":"); });
  auto const is_described = !asked.scopes.empty() || !asked.claims.empty();
  if ((token != tokens.end() || authority != authorities.end()) && is_described) {
    return Error{fmt::format("expected neither --scope nor --claim: '{}' is not a principal of an issuer", asked.name)};
  }
  if (token != tokens.end()) {
    RightsOf holder(config, principal_with(token->name, Credential::StaticToken, token->scopes));
    auto const now = std::chrono::system_clock::now();
    if (token->expires && *token->expires <= now) holder.remark_ = "its token has expired";
    return holder;
  }
  if (authority != authorities.end()) {
    return RightsOf(config, principal_with(asked.name, Credential::ClientCertificate, authority->client_scopes));
  }
  auto const& issuers = config.auth.oauth.issuers;
  auto const issuer =
      std::ranges::find_if(issuers, [&](auto const& each) { return asked.name.starts_with(each.name + ":"); });
  if (issuer == issuers.end()) return unknown(asked.name, tokens, all);
  auto claims = claims_object(*issuer, asked);
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
  auto const names = auth::Policy(config_.policy).names(principal_, service.service_name(), asset);
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
  if (!remark_.empty()) out << "; " << remark_;
  out << '\n';
  auth::Policy const policy(config_.policy);
  for (auto const& service : services) {
    if (service.disabled || service.service_name() != service.name) continue;  // of versions the same holds
    auto const lacking = lacks(service);
    if (!remark_.empty()) {
      out << fmt::format("  {:<16} no access: {}\n", service.name, remark_);
    } else if (!lacking.empty()) {
      out << fmt::format("  {:<16} no access: lacks the scope {}\n", service.name, lacking);
    } else if (!policy.may_enter(principal_, service.service_name())) {
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
  auto const enters = remark_.empty() && lacks(service).empty() && policy.may_enter(principal_, service.service_name());
  std::vector<std::string> names[2];
  tools.for_each([&](std::string_view name) {
    auto const allowed = enters && policy.allows(principal_, service.service_name(), auth::Asset::Tool, name);
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
