#include "gateway/log/redaction.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace gateway::log {

namespace {

constexpr std::string_view kMask = "***";

bool is_path(std::string const& value) {
  std::error_code error;
  return value.starts_with('/') && std::filesystem::exists(value, error) && !error;
}

/// The password of `scheme://user:password@host`; empty if there is none.
std::string_view password_in(std::string_view url) {
  constexpr std::string_view kBehindScheme = "://";
  auto const scheme = url.find(kBehindScheme);
  if (scheme == url.npos) return {};
  auto const authority = url.substr(scheme + kBehindScheme.size());
  auto const user = authority.substr(0, std::min(authority.rfind('@', authority.find('/')), authority.size()));
  auto const colon = user.find(':');
  return user.size() == authority.size() || colon == user.npos ? std::string_view{} : user.substr(colon + 1);
}

void add(std::vector<std::string>& to, std::string const& value) {
  if (is_path(value)) return;
  to.push_back(value);
  to.emplace_back(password_in(value));
}

/// The value of an environment variable; empty if it is not set.
std::string_view variable(char const* const* environment, std::string_view name) {
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    std::string_view const entry = *environment;
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      return entry.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

Redaction::Redaction(std::vector<std::string> const& secrets) : Redaction({}, secrets) {}

Redaction::Redaction(Redaction const& other, std::vector<std::string> const& more) : secrets_(other.secrets_) {
  for (auto const& secret : more) {
    secrets_.push_back(secret);
    for (std::string_view rest = secret; rest.find('\n') != rest.npos;) {
      auto const end = rest.find('\n');
      secrets_.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      if (rest.find('\n') == rest.npos) secrets_.emplace_back(rest);
    }
  }
  std::erase_if(secrets_, [](std::string const& secret) { return secret.size() < kShortest; });
  std::ranges::sort(secrets_,
                    [](auto const& a, auto const& b) { return a.size() != b.size() ? a.size() > b.size() : a < b; });
  secrets_.erase(std::unique(secrets_.begin(), secrets_.end()), secrets_.end());
}

std::string Redaction::apply(std::string_view text) const {
  std::string clean(text);
  for (auto const& secret : secrets_) {
    for (auto at = clean.find(secret); at != clean.npos; at = clean.find(secret, at + kMask.size())) {
      clean.replace(at, secret.size(), kMask);
    }
    // A truncated string may end within a secret.
    for (auto size = std::min(secret.size() - 1, clean.size()); size >= kShortest; --size) {
      if (!clean.ends_with(std::string_view(secret).substr(0, size))) continue;
      clean.replace(clean.size() - size, size, kMask);
      break;
    }
  }
  return clean;
}

std::vector<std::string> secrets_of(config::Config const& config, char const* const* gateway_environment) {
  std::vector<std::string> secrets;
  for (auto const& service : config.services) {
    for (auto const& [name, value] : service.env) add(secrets, value.reveal());
    for (auto const& text : service.put_in) add(secrets, text.reveal());
    for (auto const& name : service.pass_env) add(secrets, std::string(variable(gateway_environment, name)));
  }
  for (auto const& token : config.gateway.auth.tokens) secrets.push_back(token.token.reveal());
  for (auto const& issuer : config.gateway.auth.oauth.issuers)
    if (issuer.introspection) secrets.push_back(issuer.introspection->client_secret.reveal());
  secrets.push_back(config.gateway.admin_token.reveal());
  for (auto const& [name, value] : config.gateway.traces.headers) secrets.push_back(value.reveal());
  return secrets;
}

}  // namespace gateway::log
