#include "gateway/auth/authenticator.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/config/token_file.h"

namespace gateway::auth {

Authenticator::Authenticator(config::AuthConfig const& config, Policy const& policy, Machine machine, Owner& owner)
    : policy_(policy), owner_(owner), machine_(std::move(machine)) {
  use(config);
}

void Authenticator::take_up(config::AuthConfig const& config, Fetcher* fetcher) {
  machine_.fetcher = fetcher;
  use(config);
}

void Authenticator::use(config::AuthConfig const& config) {
  required_ = config.required();
  configured_ = StaticTokens(config.tokens, &policy_);
  certified_by_ = nullptr;
  token_file_.reset();
  if (config.tokens_file.empty()) from_file_ = {};
  if (!config.tokens_file.empty()) {
    token_file_.emplace(config.tokens_file);
    read_token_file();  // those of before stay if it cannot be read
  }
  use_issuers(config.oauth);
}

void Authenticator::use_issuers(config::OAuthConfig const& config) {
  if (oauth_ && oauth_->config == config) return oauth_->oauth.forget_tokens();
  if (oauth_) former_.push_back(std::move(oauth_));
  if (machine_.fetcher == nullptr || config.issuers.empty()) return;
  oauth_ = std::make_unique<OwnOAuth>(config, policy_,
                                      Issuer::Needs{.clock = machine_.clock,
                                                    .wall_clock = machine_.wall_clock,
                                                    .fetcher = *machine_.fetcher,
                                                    .waits = *this,
                                                    .observer = owner_});
}

Verdict Authenticator::check(std::string_view token, Digest const& digest, Resource const& resource,
                             Patience patience) {
  auto const now = machine_.wall_clock();
  auto const* held = configured_.find(digest);
  if (held == nullptr) held = from_file_.find(digest);
  if (held != nullptr) {
    if (held->expires && *held->expires <= now) return Denial::Expired;
    return &held->holder;
  }
  if (!oauth_) return Denial::UnknownToken;
  return oauth_->oauth.check({.token = token, .resource = resource, .now = now, .patience = patience}, digest);
}

bool Authenticator::may_come_back(PrincipalId const& id) const {
  switch (id.credential) {
    case Credential::None: return !required_;
    case Credential::StaticToken: return configured_.has_holder(id.name) || from_file_.has_holder(id.name);
    case Credential::Jwt:
    case Credential::OpaqueToken: return oauth_ != nullptr;
    case Credential::ClientCertificate: break;
  }
  return true;
}

/// A connection may stay open for long: the certificate's end is looked at each time.
Verdict Authenticator::check(ClientCertificate const& certificate, config::TlsConfig const& rules) {
  if (certificate.name.empty()) return Denial::UnnamedCertificate;
  if (certificate.expires <= machine_.wall_clock()) return Denial::ExpiredCertificate;
  // Other names have no colon, or an issuer's name before it, which is none of these prefixes.
  auto name = fmt::format("{}:{}", rules.client_prefix, certificate.name);
  // Most requests are from the same as the one before, or nearly.
  if (certified_by_ == &rules && certified_.id.name == name) return &certified_;
  certified_ = {
      .id = {.name = std::move(name), .credential = Credential::ClientCertificate},
      .scopes = {.all = !rules.client_scopes, .names = rules.client_scopes.value_or(std::vector<std::string>{})}};
  certified_by_ = &rules;
  policy_.find_rules(certified_);
  return &certified_;
}

void Authenticator::tick() {
  if (token_file_) read_token_file();
  if (oauth_) oauth_->oauth.tick();
}

void Authenticator::read_token_file() {
  auto const content = token_file_->read_if_changed();
  if (!content) return;
  auto tokens = *content ? config::read_token_file(**content, token_file_->path())
                         : Result<std::vector<config::AuthToken>>(content->error());
  if (tokens) from_file_ = StaticTokens(*tokens, &policy_);
  owner_.on_source_read({.kind = "tokens_file", .which = token_file_->path()},
                        tokens ? std::string_view{} : std::string_view(tokens.error().what));
}

}  // namespace gateway::auth
