// Who shows a token, and whether it lets them in.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "gateway/auth/denial.h"
#include "gateway/auth/digest.h"
#include "gateway/auth/oauth.h"
#include "gateway/auth/observer.h"
#include "gateway/auth/policy.h"
#include "gateway/auth/static_tokens.h"
#include "gateway/base/client_certificate.h"
#include "gateway/base/principal.h"
#include "gateway/config/config.h"
#include "gateway/io/changing_file.h"

namespace gateway::auth {

/// One for each loop, so that none waits for another.
class Authenticator final : private Waits {
 public:
  class Owner : public Observer {
   public:
    /// The requests that were told to wait for this can be decided now. Called when nobody is on the call stack.
    virtual void on_decided(WaitId wait) = 0;

   protected:
    ~Owner() = default;
  };
  /// What it needs of the machine. They outlive it.
  struct Machine {
    Clock const& clock;
    std::function<UnixTime()> wall_clock;
    Fetcher* fetcher;  ///< null where there are no issuers to ask
  };

  /// References outlive it. The principals it identifies know which rules of the policy concern them.
  Authenticator(config::AuthConfig const& config, Policy const& policy, Machine machine, Owner& owner);
  Authenticator(Authenticator const&) = delete;
  Authenticator& operator=(Authenticator const&) = delete;

  /// The configuration was changed, or the policy's. Tokens that were verified are verified anew; requests that wait for an
  /// issuer that is asked no more are to be decided again. Keys of issuers stay, where their configuration does.
  void take_up(config::AuthConfig const& config, Fetcher* fetcher);

  /// Whether somebody who has shown such a credential before could still do so, as far as is known without it: whoever
  /// held a static token holds one still, and who showed nothing need not show anything now.
  [[nodiscard]] bool may_come_back(PrincipalId const& id) const;

  /// Whether requests must show a token at all.
  [[nodiscard]] bool required() const { return required_; }
  /// Whom the token of a request identifies. It is not empty; `digest` is its SHA-256.
  [[nodiscard]] Verdict check(std::string_view token, Digest const& digest, Resource const& resource,
                              Patience patience);

  /// Whom the certificate of a connection identifies, by the rules of its listener.
  [[nodiscard]] Verdict check(ClientCertificate const& certificate, config::TlsConfig const& rules);

  /// Looks whether files have changed, and which keys are due. Once a second.
  void tick();

 private:
  /// Issuers by a configuration of their own: answers to what was asked may come after it was changed.
  struct OwnOAuth {
    OwnOAuth(config::OAuthConfig const& of, Policy const& policy, Issuer::Needs const& needs)
        : config(of), oauth(config, policy, needs) {}
    config::OAuthConfig config;
    OAuth oauth;
  };

  void use(config::AuthConfig const& config);
  void use_issuers(config::OAuthConfig const& config);
  void read_token_file();
  // Waits
  [[nodiscard]] WaitId begin() override { return WaitId{++last_wait_}; }
  void end(WaitId wait) override { owner_.on_decided(wait); }

  Policy const& policy_;
  Owner& owner_;
  bool required_ = false;
  Machine machine_;
  StaticTokens configured_;
  std::optional<io::ChangingFile> token_file_;
  StaticTokens from_file_;
  std::unique_ptr<OwnOAuth> oauth_;                ///< null where there are no issuers
  std::vector<std::unique_ptr<OwnOAuth>> former_;  ///< asked nothing any more, but may be answered
  Principal certified_;                            ///< of the last certificate
  config::TlsConfig const* certified_by_ = nullptr;
  std::uint64_t last_wait_ = 0;
};

}  // namespace gateway::auth
