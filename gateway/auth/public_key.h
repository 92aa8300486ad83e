// Public keys and signatures, by OpenSSL.
#pragma once

#include <string_view>

#include "gateway/auth/key_set.h"

namespace gateway::auth {

/// Keys of their numbers, in big-endian bytes. Null where they are no valid key, or a weak one.
[[nodiscard]] PublicKey rsa_key(std::string_view n, std::string_view e);
[[nodiscard]] PublicKey p256_key(std::string_view x, std::string_view y);
[[nodiscard]] PublicKey ed25519_key(std::string_view x);

/// Whether `signature`, in the form of RFC 7518, is of `text`. False where the key is of another kind than the algorithm.
[[nodiscard]] bool verify(Algorithm algorithm, evp_pkey_st* key, std::string_view text, std::string_view signature);

}  // namespace gateway::auth
