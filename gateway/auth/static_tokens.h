// Who holds which configured token.
#pragma once

#include <optional>
#include <vector>

#include "gateway/auth/digest.h"
#include "gateway/base/principal.h"
#include "gateway/config/config.h"

namespace gateway::auth {

/// Holds the tokens' hashes alone, and compares in constant time.
class StaticTokens {
 public:
  StaticTokens() = default;
  explicit StaticTokens(std::vector<config::AuthToken> const& tokens);

  struct Held {
    Digest digest{};
    Principal holder{};
    std::optional<UnixTime> expires{};
  };
  /// The token with this hash, expired or not; null when there is none.
  [[nodiscard]] Held const* find(Digest const& digest) const;

 private:
  std::vector<Held> tokens_;
};

}  // namespace gateway::auth
