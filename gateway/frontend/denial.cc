#include "gateway/frontend/denial.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "gateway/base/nearest.h"

namespace gateway::frontend {

namespace {

constexpr std::array<std::string_view, 5> kDoors{"/mcp", "/sse", "/messages", "/message", "/health"};
constexpr std::size_t kNamed = 10;  ///< services that are named; a list of a hundred helps nobody

std::string shortened(std::string_view text) { return fmt::format("'{:.100}'", text); }

bool is_admin_page(std::string_view path) {
  constexpr std::array<std::string_view, 5> kPages{"/metrics", "/livez", "/readyz", "/version", "/status"};
  return path.starts_with("/api/") || std::ranges::find(kPages, path) != kPages.end();
}

/// The door somebody meant; the one for Streamable HTTP where nothing says otherwise.
std::string_view door_for(std::string_view rest) {
  auto const near = nearest(rest, kDoors);
  return near.empty() ? kDoors.front() : near;
}

std::string_view service_for(std::string_view segment, std::span<std::string const> services) {
  std::vector<std::string_view> const names(services.begin(), services.end());
  return nearest(segment, names);
}

/// The end of a path that would be served: what stands before it is a prefix that a proxy left there, or a doubled slash.
std::string served_end(std::string_view path, ServedHere const& here) {
  for (auto at = path.find('/', 1); at != path.npos; at = path.find('/', at + 1)) {
    auto const end = path.substr(at);
    auto const slash = std::min(end.find('/', 1), end.size());
    auto const door = here.at_root ? end : end.substr(slash);
    auto const is_service =
        here.at_root || std::ranges::find(here.services, end.substr(1, slash - 1)) != here.services.end();
    if (is_service && std::ranges::find(kDoors, door) != kDoors.end()) return std::string(end);
  }
  return {};
}

/// The path that is served and nearest to this one; empty when none is near.
std::string nearest_path(std::string_view path, ServedHere const& here) {
  constexpr std::string_view kAlias = "/servers/";
  if (auto end = served_end(path, here); !end.empty()) return end;
  if (here.at_root) return std::string(nearest(path, kDoors));
  if (path.starts_with(kAlias)) path.remove_prefix(kAlias.size() - 1);
  if (std::ranges::find(kDoors, path) != kDoors.end()) {
    return here.services.size() == 1 ? fmt::format("/{}{}", here.services.front(), path) : std::string{};
  }
  auto const slash = std::min(path.find('/', 1), path.size());
  auto const name = service_for(path.substr(0, slash).substr(path.empty() ? 0 : 1), here.services);
  return name.empty() ? std::string{} : fmt::format("/{}{}", name, door_for(path.substr(slash)));
}

std::string list_of(std::vector<std::string> const& services) {
  std::string list;
  for (std::size_t i = 0; i < std::min(kNamed, services.size()); ++i) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", services[i]);
  }
  if (services.size() > kNamed) list += fmt::format(" and {} more", services.size() - kNamed);
  return list;
}

std::string what_is_served(ServedHere const& here) {
  if (here.at_root) return "this port serves /mcp, /sse, /messages and /health";
  return fmt::format("each service is at /NAME/mcp and /NAME/sse: {}", list_of(here.services));
}

}  // namespace

std::string forbidden_text(Admitted const& judged) {
  if (judged.reason == "host") {
    return fmt::format(
        "Forbidden: the Host {} is not allowed here; gateway.allowed_hosts (--allowed-host) says which names are",
        shortened(host_name(judged.shown)));
  }
  if (judged.reason == "origin") {
    return fmt::format(
        "Forbidden: the Origin {} is not allowed here; gateway.allowed_origins (--allowed-origin) says which are",
        shortened(judged.shown));
  }
  return "Forbidden: a web page of another site asks, and sends no Origin that gateway.allowed_origins "
         "(--allowed-origin) has";
}

std::string unauthorized_text(auth::Denial denial) {
  switch (denial) {
    case auth::Denial::NoToken:
      return "Unauthorized: a bearer token is needed; expected the field Authorization: Bearer TOKEN";
    case auth::Denial::OtherScheme:
      return "Unauthorized: expected Authorization: Bearer TOKEN, found another scheme or no token";
    case auth::Denial::UnknownToken: return "Unauthorized: the token that was shown is none of this gateway's";
    case auth::Denial::Malformed: return "Unauthorized: the token that was shown is not a well-formed access token";
    case auth::Denial::Expired: return "Unauthorized: the token that was shown has expired";
    case auth::Denial::NotYetValid: return "Unauthorized: the token that was shown is not valid yet";
    case auth::Denial::WrongIssuer: return "Unauthorized: the token that was shown is from an issuer not trusted here";
    case auth::Denial::WrongAudience: return "Unauthorized: the token that was shown is for another server";
    case auth::Denial::WrongAlgorithm:
      return "Unauthorized: the token that was shown is signed with an algorithm that is not allowed here";
    case auth::Denial::UnknownKey:
    case auth::Denial::BadSignature: return "Unauthorized: the signature of the token that was shown is not valid";
    case auth::Denial::Inactive: return "Unauthorized: the token that was shown is not active";
    case auth::Denial::ExpiredCertificate: return "Unauthorized: the client certificate has expired";
    case auth::Denial::UnnamedCertificate:
      return "Unauthorized: the client certificate does not name one holder in the way this gateway expects";
    case auth::Denial::MissingScope:
      return "Forbidden: the credential that was shown lacks a scope that is needed here";
    case auth::Denial::Forbidden: return "Forbidden: the policy of this gateway does not allow this service for you";
    case auth::Denial::Unavailable:
      return "Service Unavailable: the token's issuer, which has to be asked, cannot be reached now";
  }
  return "Unauthorized";
}

std::string challenge(auth::Denial denial, Challenge const& says) {
  using auth::Denial;
  auto const shows_no_token = denial == Denial::NoToken || denial == Denial::OtherScheme ||
                              denial == Denial::ExpiredCertificate || denial == Denial::UnnamedCertificate;
  auto text = fmt::format("WWW-Authenticate: Bearer realm=\"{}\"", says.realm);
  if (denial == Denial::MissingScope) {
    text += ", error=\"insufficient_scope\"";
  } else if (!shows_no_token) {
    text += ", error=\"invalid_token\"";
  }
  if (!says.scopes.empty()) text += fmt::format(", scope=\"{}\"", says.scopes);
  if (!says.metadata.empty()) text += fmt::format(", resource_metadata=\"{}\"", says.metadata);
  return text + "\r\n";
}

std::string not_found_text(std::string_view path, ServedHere const& here) {
  auto text = fmt::format("Not Found: there is no endpoint at {}", shortened(path));
  if (here.services.empty()) return text + "; with a token this answer says which there are";
  if (here.admin_elsewhere && is_admin_page(path))
    return text + "; the admin listener has it (gateway.admin_listen, --admin)";
  auto const before = path.starts_with(here.base_path) ? here.base_path : std::string_view{};
  auto const near = nearest_path(path.substr(before.size()), here);
  if (!near.empty()) text += fmt::format("; did you mean '{}{}'?", before, near);
  return fmt::format("{}; {}", text, what_is_served(here));
}

}  // namespace gateway::frontend
