// Who a request is from, and whether that principal may enter.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/authenticator.h"
#include "gateway/auth/policy.h"
#include "gateway/frontend/denials.h"
#include "gateway/frontend/public_address.h"
#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/frontend/waiting_requests.h"
#include "gateway/metrics/metrics.h"

namespace gateway::frontend {

class Gatekeeper final : private auth::Authenticator::Owner {
 public:
  class Owner {
   public:
    /// A request that waited can be decided now: it is to be served as if it had just come.
    virtual void on_waited(http::Exchange& exchange, http::Request const& request, auth::Patience patience) = 0;

   protected:
    ~Owner() = default;
  };

  Gatekeeper(Desk& desk, Denials& denials, metrics::Metrics& metrics, auth::Policy const& policy,
             auth::Authenticator::Machine const& machine, Owner& owner);

  /// Whom a request without authentication is from: nobody in particular.
  [[nodiscard]] Principal const& nobody() const { return nobody_; }

  /// Whom a request is from, as far as it may enter. `Later`: it was kept, and its owner is told when it is decided. Sets
  /// the visit's principal where it is known.
  [[nodiscard]] auth::Verdict identify(Visit& visit, auth::Patience patience);
  /// Whether the visit's principal may enter a service that is a member of the group that it is at.
  [[nodiscard]] bool admits(Visit const& visit, ServiceKey service) const;
  /// Whether a request for no endpoint is from somebody.
  [[nodiscard]] bool is_known(Visit const& visit);

  /// The WWW-Authenticate field for a request that would have been passed on with a token that has these scopes, too.
  [[nodiscard]] std::string scope_challenge(Visit const& visit, std::vector<std::string> const& scopes) const {
    return challenge_for(visit, auth::Denial::MissingScope, scopes);
  }
  /// Answers 401, 403 or 503, and tells how to do better.
  void refuse(Visit const& visit, auth::Denial denial);

  /// Whether the path is one of protected resource metadata (RFC 9728).
  [[nodiscard]] bool has_metadata_at(std::string_view path) const {
    return !desk_.config.auth.oauth.issuers.empty() && path.starts_with(auth::kMetadataPath);
  }
  /// Answers with the metadata; false where the path names no endpoint that has some.
  [[nodiscard]] bool answer_metadata(Visit const& visit);

  void on_gone(ExchangeId exchange) {
    if (!waiting_.empty()) waiting_.forget(exchange);
  }
  void tick() { auth_.tick(); }
  /// The configuration or the policy was changed: requests that waited are looked at anew. Called when nobody is on the
  /// call stack. `fetcher` as Authenticator::Machine has it.
  void take_up(auth::Fetcher* fetcher);
  /// As Authenticator has it.
  [[nodiscard]] bool may_come_back(PrincipalId const& id) const { return auth_.may_come_back(id); }

 private:
  void serve(std::vector<WaitingRequests::Kept> const& kept, auth::Patience patience);
  [[nodiscard]] auth::Verdict admitted(Visit& visit, auth::Verdict const& verdict) const;
  [[nodiscard]] auth::Verdict identify_by_certificate(Visit const& visit);
  [[nodiscard]] config::TlsConfig const* tls_of(Visit const& visit) const;
  [[nodiscard]] ListedService const* service_of(Visit const& visit) const;
  [[nodiscard]] auth::Resource resource_of(Visit const& visit, std::string const& origin) const;
  [[nodiscard]] bool has_scopes(Visit const& visit, Principal const& principal) const;
  [[nodiscard]] bool may_enter(Visit const& visit, Principal const& principal) const {
    return !policy_.is_on() || may_enter_by_policy(visit, principal);
  }
  [[nodiscard]] bool may_enter_service(ListedService const& service, Principal const& principal) const {
    return policy_.may_enter(principal, service.config.service_name());
  }
  [[nodiscard]] bool may_enter_by_policy(Visit const& visit, Principal const& principal) const;
  [[nodiscard]] std::vector<std::string> entry_scopes(Visit const& visit) const;
  [[nodiscard]] std::string challenge_for(Visit const& visit, auth::Denial denial,
                                          std::vector<std::string> const& scopes) const;
  [[nodiscard]] std::vector<std::string> needed_scopes(ListedService const* service) const;
  // auth::Authenticator::Owner
  void on_source_read(auth::Source const& source, std::string_view trouble) override;
  void on_decided(auth::WaitId wait) override;

  Desk& desk_;
  Denials& denials_;
  metrics::Metrics& metrics_;
  auth::Policy const& policy_;
  Owner& owner_;
  Principal nobody_{};
  PublicAddress address_;
  bool certificates_;                                         ///< some listener asks clients for them
  std::map<std::string, std::string, std::less<>> troubles_;  ///< of sources, as logged
  auth::Authenticator auth_;
  WaitingRequests waiting_;
};

}  // namespace gateway::frontend
