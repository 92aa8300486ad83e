// The public keys of an issuer (RFC 7517), and signatures made with them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/jwt.h"
#include "gateway/base/result.h"

struct evp_pkey_st;

namespace gateway::auth {

/// Frees a key of OpenSSL.
struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};
using PublicKey = std::unique_ptr<evp_pkey_st, FreeKey>;

class KeySet {
 public:
  static constexpr std::size_t kMostBytes = 256 * 1024;
  static constexpr std::size_t kMostKeys = 64;

  /// The keys of a JWKS that can verify. Keys for encryption, symmetric ones, those of unknown kinds and those that are
  /// weak (RSA under 2048 bits) are left out; a set without any key that is left is an error.
  [[nodiscard]] static Result<KeySet> read(std::string_view jwks);

  /// The key a token was signed with, as its header says: by its id and its kind, or, where the token names none, the
  /// only one of that kind. Null when there is none.
  [[nodiscard]] evp_pkey_st* find(Jwt const& jwt) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  /// Whether `other` has every key of this set.
  [[nodiscard]] bool is_within(KeySet const& other) const;

 private:
  struct Key {
    std::string id;
    std::vector<Algorithm> algorithms;  ///< that it may be used with
    std::string thumbprint;             ///< the same for equal keys
    PublicKey key;
  };
  [[nodiscard]] static std::optional<Key> read_key(std::string_view jwk);

  std::vector<Key> keys_;
};

/// Whether `jwt` was signed with the private half of `key`.
[[nodiscard]] bool is_signed_by(Jwt const& jwt, evp_pkey_st* key);

}  // namespace gateway::auth
