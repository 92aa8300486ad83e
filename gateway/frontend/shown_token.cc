#include "gateway/frontend/shown_token.h"

namespace gateway::frontend {

namespace {

/// The token of "Bearer <token>", the scheme in any case (RFC 9110, section 11.1).
std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if ((authorization[i] | 0x20) != (kScheme[i] | 0x20)) return {};
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

}  // namespace

std::string_view shown_token(http::RequestHead const& head) {
  auto const token = bearer(head.find("authorization").value_or(std::string_view{}));
  return token.empty() ? head.find("x-api-key").value_or(std::string_view{}) : token;
}

auth::Denial denial_without_token(http::RequestHead const& head) {
  return head.find("authorization") ? auth::Denial::OtherScheme : auth::Denial::NoToken;
}

}  // namespace gateway::frontend
