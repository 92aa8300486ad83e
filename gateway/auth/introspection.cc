#include "gateway/auth/introspection.h"

#include <fmt/format.h>

#include "gateway/auth/json_members.h"

namespace gateway::auth {

namespace {

/// As in a form, and for the client's own name (RFC 6749, section 2.3.1).
std::string form_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
  std::string encoded;
  for (auto const c : text) {
    if (kPlain.find(c) != kPlain.npos) {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

FetchRequest introspection_request(config::IntrospectionConfig const& config, std::string const& endpoint,
                                   std::string_view token) {
  return {.url = endpoint,
          .form = fmt::format("token={}&token_type_hint=access_token", form_encoded(token)),
          .user = form_encoded(config.client_id),
          .password = form_encoded(config.client_secret.reveal())};
}

std::variant<Claims, Denial> read_introspection(std::string_view json, std::string_view issuer) {
  auto const members = JsonMembers::read(json);
  if (!members) return Denial::Malformed;
  auto const active = members->raw("active");
  if (active == "false") return Denial::Inactive;
  auto claims = read_claims(json);
  if (active != "true" || !claims) return Denial::Malformed;
  if (!claims->issuer.empty() && claims->issuer != issuer) return Denial::WrongIssuer;
  return *std::move(claims);
}

}  // namespace gateway::auth
