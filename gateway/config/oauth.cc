#include "gateway/config/oauth.h"

#include <fmt/format.h>

#include <map>
#include <string>

#include "gateway/config/values.h"

namespace gateway::config {

namespace {

/// A host name as a plain name; that of an IPv6 address has characters a name cannot hold.
std::string name_of(std::string_view issuer) {
  auto name = std::string(host_of(issuer));
  for (auto& c : name)
    if (c == '[' || c == ']' || c == ':') c = '_';
  return name;
}

void check_issuer(ConfigPlace const& place, IssuerConfig& issuer) {
  if (issuer.name.empty() && !issuer.issuer.empty()) issuer.name = name_of(issuer.issuer);
  if (!issuer.jwks_uri.empty() && !issuer.jwks_file.empty())
    place.error("expected at most one of jwks_uri and jwks_file");
}

void check_names(ConfigPlace const& place, std::vector<IssuerConfig> const& issuers) {
  std::map<std::string, std::size_t> names;
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    auto const [other, is_new] = names.try_emplace(issuers[i].name, i);
    if (is_new || issuers[i].name.empty()) continue;
    place.element(i).member("name").error(fmt::format("expected another name than '{}', which is that of {}",
                                                      issuers[i].name, place.element(other->second).path()));
  }
}

}  // namespace

void check_oauth(ConfigPlace const& place, GatewayConfig& gateway) {
  auto& oauth = gateway.auth.oauth;
  if (oauth.issuers.empty()) return;
  auto const at = place.member("auth").member("oauth");
  auto const list = at.member("issuers");
  auto asked = 0;
  for (std::size_t i = 0; i < oauth.issuers.size(); ++i) {
    check_issuer(list.element(i), oauth.issuers[i]);
    if (oauth.issuers[i].introspection && ++asked > 1)
      list.element(i)
          .member("introspection")
          .error("expected one issuer at most to have this: opaque tokens name none");
  }
  check_names(list, oauth.issuers);
  if (oauth.algorithms.empty()) at.member("algorithms").error("expected at least one algorithm");
  // Not taken from Host: a client could then say for which server its token is.
  if (gateway.public_url.empty() && (gateway.trusted_proxies.empty() || gateway.allowed_hosts.empty()))
    place.member("public_url")
        .error(
            "expected the URL under which clients reach the gateway, as gateway.auth.oauth has issuers (or "
            "trusted_proxies "
            "and allowed_hosts)");
}

}  // namespace gateway::config
