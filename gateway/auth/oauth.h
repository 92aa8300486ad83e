// Access tokens of authorization servers.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/auth/issuer.h"
#include "gateway/auth/policy.h"
#include "gateway/auth/resource.h"
#include "gateway/auth/token_cache.h"

namespace gateway::auth {

/// The decision takes an answer of the issuer.
struct Later {
  WaitId wait{};
};
/// The principal is valid until the next call of a function of the Authenticator.
using Verdict = std::variant<Principal const*, Denial, Later>;

/// Whether a request can wait, or has waited already.
enum class Patience { CanWait, HasWaited };

/// What a request shows, and where.
struct Shown {
  std::string_view token{};
  Resource resource{};
  UnixTime now{};
  Patience patience = Patience::CanWait;
};

class OAuth {
 public:
  static constexpr std::size_t kMostQuestions = 64;  ///< about tokens, to the issuer at once

  OAuth(config::OAuthConfig const& config, Policy const& policy, Issuer::Needs const& needs);

  [[nodiscard]] Verdict check(Shown const& shown, Digest const& digest);
  void tick();
  /// What is known of tokens: they are looked at anew.
  void forget_tokens() { cache_ = {}; }

 private:
  [[nodiscard]] Verdict verdict_of(TokenCache::Known const& known, Resource const& resource) const;
  [[nodiscard]] Verdict check_jwt(Shown const& shown, Digest const& digest);
  [[nodiscard]] Verdict verify(Jwt const& jwt, std::size_t issuer, Shown const& shown, Digest const& digest);
  [[nodiscard]] Verdict ask(std::size_t issuer, Shown const& shown, Digest const& digest);
  void on_answer(std::size_t issuer, Digest const& digest, Result<Fetched> const& answer);
  [[nodiscard]] TokenCache::Known known_from(std::size_t issuer, std::string_view answer) const;
  [[nodiscard]] std::variant<Principal, Denial> judge(Claims const& claims, std::size_t issuer, UnixTime now,
                                                      Credential credential) const;

  config::OAuthConfig const& config_;
  Policy const& policy_;
  Issuer::Needs needs_;
  std::vector<Algorithm> algorithms_;
  std::vector<std::unique_ptr<Issuer>> issuers_;
  TokenCache cache_;
  std::map<Digest, WaitId> questions_;
};

}  // namespace gateway::auth
