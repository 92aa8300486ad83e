// Who a request is from.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

/// Seconds since 1970, as tokens count them.
using UnixTime = std::chrono::sys_seconds;

/// What showed who a client is.
enum class Credential : std::uint8_t {
  None,               ///< nothing was asked for
  StaticToken,        ///< a token of the configuration or of the token file
  Jwt,                ///< a token that an issuer has signed
  OpaqueToken,        ///< a token that an issuer was asked about
  ClientCertificate,  ///< a certificate that was verified when the client connected
};

/// As logs call it; empty for none.
[[nodiscard]] constexpr std::string_view to_text(Credential credential) {
  switch (credential) {
    case Credential::None: return {};
    case Credential::StaticToken: return "static_token";
    case Credential::Jwt: return "jwt";
    case Credential::OpaqueToken: return "opaque_token";
    case Credential::ClientCertificate: return "client_certificate";
  }
  return {};
}

/// All that a session keeps of its principal.
struct PrincipalId {
  /// Unique among all principals, whatever their credentials; without control characters. Empty without authentication.
  std::string name{};
  Credential credential = Credential::None;

  /// The same person may come with another credential.
  bool operator==(PrincipalId const& other) const { return name == other.name; }
};

/// What a principal was granted.
struct Scopes {
  bool all = false;  ///< nothing was said to restrict it
  std::vector<std::string> names{};

  [[nodiscard]] bool has(std::string_view scope) const {
    return all || std::find(names.begin(), names.end(), scope) != names.end();
  }
  [[nodiscard]] bool has_each(std::vector<std::string> const& required) const {
    return std::all_of(required.begin(), required.end(), [this](std::string const& scope) { return has(scope); });
  }
};

/// A rule of the policy, by its place in the configuration.
using RuleNumber = std::uint16_t;

/// Who a request is from, by which credential, and with which rights. A value: whoever keeps it copies it.
struct Principal {
  PrincipalId id{};
  Scopes scopes{};
  std::string claims{};  ///< what the issuer says of it, as a raw JSON object; empty where nobody says anything
  std::vector<RuleNumber> rules{};  ///< of the policy, that concern it, in their order (auth/policy.h)
};

}  // namespace gateway
