#include "gateway/auth/discovery.h"

#include <fmt/format.h>

#include "gateway/auth/json_members.h"
#include "gateway/config/values.h"

namespace gateway::auth {

namespace {

std::string_view without_slash(std::string_view url) {
  if (url.ends_with('/')) url.remove_suffix(1);
  return url;
}

/// Whether keys from there can be trusted as much as the issuer.
bool is_as_safe(std::string_view url, std::string_view issuer) {
  return config::is_web_url(url) && (url.starts_with("https://") || !issuer.starts_with("https://"));
}

}  // namespace

std::vector<std::string> metadata_places(std::string_view issuer) {
  auto const whole = without_slash(issuer);
  auto const path = whole.find('/', whole.find("://") + 3);
  auto const origin = whole.substr(0, path);
  auto const rest = path == whole.npos ? std::string_view{} : whole.substr(path);
  std::vector<std::string> places{fmt::format("{}/.well-known/oauth-authorization-server{}", origin, rest)};
  if (!rest.empty()) places.push_back(fmt::format("{}/.well-known/openid-configuration{}", origin, rest));
  places.push_back(fmt::format("{}/.well-known/openid-configuration", whole));
  return places;
}

Result<IssuerMetadata> read_metadata(std::string_view json, std::string_view issuer) {
  auto const members = JsonMembers::read(json);
  if (!members) return Error{"expected a JSON object of metadata, found something else"};
  auto const says = members->text("issuer").value_or("");
  if (says != issuer) return Error{fmt::format("expected metadata of the issuer {}, found '{:.200}'", issuer, says)};
  IssuerMetadata metadata{.jwks_uri = members->text("jwks_uri").value_or(""),
                          .introspection_endpoint = members->text("introspection_endpoint").value_or("")};
  for (auto const& url : {metadata.jwks_uri, metadata.introspection_endpoint}) {
    if (!url.empty() && !is_as_safe(url, issuer))
      return Error{fmt::format("expected URLs as safe as the issuer's, found '{:.200}'", url)};
  }
  return metadata;
}

}  // namespace gateway::auth
