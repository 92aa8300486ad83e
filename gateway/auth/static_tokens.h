// Who holds which configured token.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "gateway/auth/digest.h"
#include "gateway/auth/policy.h"
#include "gateway/base/principal.h"
#include "gateway/config/config.h"

namespace gateway::auth {

/// Holds the tokens' hashes alone, and compares in constant time.
class StaticTokens {
 public:
  StaticTokens() = default;
  /// The rules of the policy that concern a holder are found at once.
  explicit StaticTokens(std::vector<config::AuthToken> const& tokens, Policy const* policy = nullptr);

  struct Held {
    Digest digest{};
    Principal holder{};
    std::optional<UnixTime> expires{};
  };
  /// The token with this hash, expired or not; null when there is none.
  [[nodiscard]] Held const* find(Digest const& digest) const;
  /// Whether somebody of this name holds one.
  [[nodiscard]] bool has_holder(std::string_view name) const;

 private:
  std::vector<Held> tokens_;
};

}  // namespace gateway::auth
