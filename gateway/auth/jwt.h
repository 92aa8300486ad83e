// A signed token (RFC 7519 in the compact form of RFC 7515): what it says, before anybody has verified it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/auth/denial.h"
#include "gateway/base/principal.h"

namespace gateway::auth {

/// The signatures that are known. There is no symmetric one, so no public key can pass for a shared secret.
enum class Algorithm : std::uint8_t { Rs256, Ps256, Es256, EdDsa };

[[nodiscard]] std::optional<Algorithm> algorithm_from(std::string_view name);
[[nodiscard]] std::string_view to_text(Algorithm algorithm);

/// Longer tokens are refused unread.
inline constexpr std::size_t kLongestToken = 8 * 1024;

/// Who is meant, by whom, and for how long.
struct Claims {
  std::string issuer{};
  std::string subject{};
  std::vector<std::string> audience{};
  std::vector<std::string> scopes{};
  std::optional<UnixTime> expires{};
  std::optional<UnixTime> not_before{};
  std::string raw{};  ///< all of them, as the JSON object that was sent
};

struct Jwt {
  Algorithm algorithm{};
  std::string key_id{};            ///< `kid`; empty where there is none
  std::string_view signed_part{};  ///< into the token
  std::string signature{};
  Claims claims{};
};

/// Whether a token has the form of a JWT; any other is opaque.
[[nodiscard]] bool has_jwt_form(std::string_view token);

/// What the token says, or why it is refused whoever signed it: Malformed, or WrongAlgorithm where `alg` is none of
/// ours. Nothing of it is true before its signature was verified. `jku`, `jwk`, `x5u` and `x5c` are never followed.
[[nodiscard]] std::variant<Jwt, Denial> read_jwt(std::string_view token);

/// The claims of a JSON object, of a token or of an answer about one; nothing where one is not of its kind.
[[nodiscard]] std::optional<Claims> read_claims(std::string_view json);

/// Expired, NotYetValid, or nothing. A token that never expires counts as malformed.
[[nodiscard]] std::optional<Denial> check_times(Claims const& claims, UnixTime now, std::chrono::seconds leeway);

/// Who a verified token is of. Nothing where the subject cannot be a name: it is empty, too long or has control
/// characters. `issuer_name` keeps subjects of different issuers, and holders of static tokens, apart.
[[nodiscard]] std::optional<Principal> principal_of(Claims const& claims, std::string_view issuer_name,
                                                    Credential credential);

}  // namespace gateway::auth
