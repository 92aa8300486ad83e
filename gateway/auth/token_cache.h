// Tokens that were verified, by their hash.
#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "gateway/auth/denial.h"
#include "gateway/auth/digest.h"
#include "gateway/base/principal.h"

namespace gateway::auth {

/// What is known of a token until it expires: a session's token is thus verified once, and again when its client shows
/// another or it has expired. At the limit the one that was put in first is forgotten.
class TokenCache {
 public:
  static constexpr std::size_t kMost = 4096;

  struct Known {
    std::variant<Principal, Denial> who;
    std::vector<std::string> audience{};
    UnixTime until{};  ///< when it has to be looked at again
    std::size_t issuer = 0;
  };

  /// Null when there is none, or no longer.
  [[nodiscard]] Known const* find(Digest const& token, UnixTime now);
  Known const& put(Digest const& token, Known known);
  /// Forgets what an issuer said, since it may say something else now.
  void forget_issuer(std::size_t issuer);
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  /// A digest is as good as random.
  struct Hash {
    std::size_t operator()(Digest const& digest) const {
      std::size_t value = 0;
      std::memcpy(&value, digest.data(), sizeof value);
      return value;
    }
  };
  std::unordered_map<Digest, Known, Hash> known_;
  std::deque<Digest> by_age_;  ///< may hold some that are forgotten already
};

}  // namespace gateway::auth
