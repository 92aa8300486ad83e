// Who may come in, as a user sets it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/principal.h"
#include "gateway/config/secret.h"

namespace gateway::config {

/// A bearer token a client may show. Exactly one of `token` and `sha256` is set.
struct AuthToken {
  std::string name{};                 ///< who holds it, for logs and metrics; [A-Za-z0-9._-]{1,64}, unique
  Secret token{};                     ///< the token itself
  std::string sha256{};               ///< or its SHA-256, 64 hex digits in lower case
  std::optional<UnixTime> expires{};  ///< from when on it is not accepted
  std::optional<std::vector<std::string>> scopes{};  ///< what its holder may do; everything where it is absent

  bool operator==(AuthToken const&) const = default;
};

/// How an issuer is asked about tokens (RFC 7662).
struct IntrospectionConfig {
  std::string endpoint{};   ///< its URL; empty: as the issuer's metadata says
  std::string client_id{};  ///< as whom the gateway asks
  Secret client_secret{};
  /// How long an answer holds; 0s..1h.
  milliseconds cache = seconds{30};

  bool operator==(IntrospectionConfig const&) const = default;
};

/// An authorization server whose tokens are accepted.
struct IssuerConfig {
  std::string issuer{};     ///< its identifier, a URL, exactly as `iss` has it
  std::string name{};       ///< before the names of its principals; unique; filled in with the host of `issuer`
  std::string jwks_uri{};   ///< where its keys are; empty: as its metadata says
  std::string jwks_file{};  ///< or a file, read again when it changes
  std::optional<IntrospectionConfig> introspection{};

  bool operator==(IssuerConfig const&) const = default;
};

/// The gateway as a resource server of OAuth 2.1.
struct OAuthConfig {
  /// With one or more, their tokens are accepted.
  std::vector<IssuerConfig> issuers{};
  /// What `aud` must name; empty: the URL of the endpoint that is called.
  std::vector<std::string> audience{};
  /// Scopes every token of an issuer must have.
  std::vector<std::string> required_scopes{};
  /// Of RS256, PS256, ES256, EdDSA.
  std::vector<std::string> algorithms{"RS256", "PS256", "ES256", "EdDSA"};
  /// By how much clocks may differ; 0s..5m.
  milliseconds leeway = seconds{60};

  bool operator==(OAuthConfig const&) const = default;
};

/// Who may come in.
struct AuthConfig {
  /// With one or more, every request must show one of them.
  std::vector<AuthToken> tokens{};
  /// A file with more of them, read again when it changes; an absolute path, or empty.
  std::string tokens_file{};
  OAuthConfig oauth{};
  /// Lets the gateway listen beyond loopback without tokens.
  bool allow_unauthenticated = false;

  /// Whether every request must show a token.
  [[nodiscard]] bool required() const { return !tokens.empty() || !tokens_file.empty() || !oauth.issuers.empty(); }
  bool operator==(AuthConfig const&) const = default;
};

}  // namespace gateway::config
