// Why a request is not let in.
#pragma once

#include <cstdint>
#include <string_view>

namespace gateway::auth {

enum class Denial : std::uint8_t {
  NoToken,       ///< none was shown
  OtherScheme,   ///< Authorization holds no bearer token
  UnknownToken,  ///< nobody's
  Malformed,     ///< it has the form of a JWT and is none
  Expired,
  NotYetValid,
  WrongIssuer,     ///< none of gateway.auth.oauth.issuers
  WrongAudience,   ///< it is for another server
  WrongAlgorithm,  ///< `none`, a symmetric one, or one that is not allowed
  UnknownKey,      ///< the issuer has no such key
  BadSignature,
  Inactive,            ///< the issuer says that an opaque token is not valid
  ExpiredCertificate,  ///< of the client, which was valid when it connected
  UnnamedCertificate,  ///< it does not say whose it is, in the way that is asked for
  MissingScope,        ///< its holder is known, and may not do this
  Forbidden,           ///< the policy grants it nothing here, whatever its scopes
  Unavailable,         ///< the issuer that would have to be asked cannot be reached
};

/// As logs and metrics call it.
[[nodiscard]] constexpr std::string_view label(Denial denial) {
  switch (denial) {
    case Denial::NoToken:
    case Denial::OtherScheme: return "missing";
    case Denial::UnknownToken: return "bad_token";
    case Denial::Malformed: return "malformed";
    case Denial::Expired: return "expired";
    case Denial::NotYetValid: return "not_yet_valid";
    case Denial::WrongIssuer: return "wrong_issuer";
    case Denial::WrongAudience: return "wrong_audience";
    case Denial::WrongAlgorithm: return "wrong_algorithm";
    case Denial::UnknownKey: return "unknown_key";
    case Denial::BadSignature: return "bad_signature";
    case Denial::Inactive: return "inactive";
    case Denial::ExpiredCertificate: return "expired_certificate";
    case Denial::UnnamedCertificate: return "unnamed_certificate";
    case Denial::MissingScope: return "insufficient_scope";
    case Denial::Forbidden: return "forbidden";
    case Denial::Unavailable: return "issuer_unavailable";
  }
  return "bad_token";
}

/// The HTTP status to refuse a request with.
[[nodiscard]] constexpr int http_status(Denial denial) {
  constexpr int kUnauthorized = 401;
  constexpr int kForbidden = 403;
  constexpr int kServiceUnavailable = 503;
  if (denial == Denial::MissingScope || denial == Denial::Forbidden) return kForbidden;
  return denial == Denial::Unavailable ? kServiceUnavailable : kUnauthorized;
}

}  // namespace gateway::auth
