// What a request may do that was let in: the policy and the quotas.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/policy.h"
#include "gateway/base/name_rules.h"
#include "gateway/frontend/quotas.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/client_message.h"
#include "gateway/mcp/ports.h"

namespace gateway::frontend {

/// What is decided of one request.
struct Ruling {
  std::optional<mcp::Refused> refused{};
  std::optional<NameRules> names{};   ///< what may be seen of the list that it asks for
  Quotas::Places places{};            ///< that it takes until it ends
  std::vector<std::string> scopes{};  ///< with which it would not be refused
};

/// Judges each request before it is routed. Of one loop; the quotas are those of all.
class Rights {
 public:
  /// References outlive it.
  Rights(auth::Policy const& policy, Quotas& quotas) : policy_(policy), quotas_(quotas) {}

  /// Whether anything can be refused.
  [[nodiscard]] bool is_on() const { return policy_.is_on() || quotas_.any(); }
  /// By the policy alone: what of a list a principal may see, and whether it may make a request.
  [[nodiscard]] std::optional<NameRules> visible(Principal const& principal, std::string_view service,
                                                 mcp::ClientMessage const& list) const;
  [[nodiscard]] bool allows(Principal const& principal, std::string_view service,
                            mcp::ClientMessage const& message) const;
  [[nodiscard]] Ruling judge(Visit const& visit, std::string_view service, mcp::ClientMessage const& message,
                             TimePoint now);

 private:
  void take_quota(Visit const& visit, std::string_view service, mcp::ClientMessage const& message, TimePoint now,
                  Ruling& ruling);

  auth::Policy const& policy_;
  Quotas& quotas_;
};

/// What the policy says of a request, apart from whether its principal may use the service at all.
[[nodiscard]] Ruling judge_by_policy(auth::Policy const& policy, Principal const& principal, std::string_view service,
                                     mcp::ClientMessage const& message);

/// What of a service a request names.
struct Named {
  auth::Asset asset = auth::Asset::Other;
  std::string name{};
};
/// All that a request names and that the policy can refuse. Empty for requests that everybody may make who may use the
/// service.
[[nodiscard]] std::vector<Named> named_in(mcp::ClientMessage const& message);

}  // namespace gateway::frontend
