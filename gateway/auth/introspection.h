// What an issuer says of a token that only it can read (RFC 7662).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/auth/denial.h"
#include "gateway/auth/fetcher.h"
#include "gateway/auth/jwt.h"
#include "gateway/config/config.h"

namespace gateway::auth {

/// The question. `token` may be anything a client shows.
[[nodiscard]] FetchRequest introspection_request(config::IntrospectionConfig const& config, std::string const& endpoint,
                                                 std::string_view token);

/// The claims of an active token, or Inactive; Malformed where the answer is none, or of another issuer.
[[nodiscard]] std::variant<Claims, Denial> read_introspection(std::string_view json, std::string_view issuer);

}  // namespace gateway::auth
