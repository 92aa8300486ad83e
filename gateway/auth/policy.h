// What a principal may do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/name_rules.h"
#include "gateway/base/principal.h"
#include "gateway/config/policy.h"

namespace gateway::auth {

/// What a request is about.
enum class Asset : std::uint8_t {
  Tool,
  Prompt,
  Resource,  ///< named by its URI
  Other,     ///< a method that this program does not know: only rules for a whole service concern it
};

/// The rules of the configuration, of which the first that fits decides. Pure.
class Policy {
 public:
  /// `config` outlives it.
  explicit Policy(config::PolicyConfig const& config) : config_(config) {}

  /// Whether anything can be refused.
  [[nodiscard]] bool is_on() const { return config_.is_on(); }

  /// Finds which rules concern a principal, by its name, scopes and claims: once, when it has been identified.
  void find_rules(Principal& principal) const;

  /// Whether there is something at the service that the principal may use.
  [[nodiscard]] bool may_enter(Principal const& principal, std::string_view service) const;
  /// Whether it may use one thing there.
  [[nodiscard]] bool allows(Principal const& principal, std::string_view service, Asset asset,
                            std::string_view name) const;
  /// What holds there for names of one kind.
  [[nodiscard]] NameRules names(Principal const& principal, std::string_view service, Asset asset) const;

  /// The scopes that would make an allowing rule concern this principal, for what it may not use now; empty where
  /// scopes do not help. An empty `name` stands for the service itself.
  [[nodiscard]] std::vector<std::string> scopes_for(Principal const& principal, std::string_view service, Asset asset,
                                                    std::string_view name) const;

 private:
  config::PolicyConfig const& config_;
};

}  // namespace gateway::auth
