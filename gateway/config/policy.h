// What clients may do, as a user sets it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gateway::config {

enum class Effect : std::uint8_t { Allow, Deny };

/// Whom it concerns: every condition that is given must hold. What it is about: the services, and of these, if any of
/// `tools`, `prompts` and `resources` is given, those alone. Lists hold patterns, in which `*` is any characters; none is
/// empty because the user has left it so.
struct PolicyRule {
  Effect effect = Effect::Allow;
  std::vector<std::string> principals{};
  std::vector<std::string> scopes{};  ///< each of them, not patterns
  /// Names of claims, or JSON pointers into them, to what one of their values must fit.
  std::map<std::string, std::vector<std::string>, std::less<>> claims{};
  std::vector<std::string> services{};
  std::vector<std::string> tools{};
  std::vector<std::string> prompts{};
  std::vector<std::string> resources{};

  /// Whether it is about a service as a whole.
  [[nodiscard]] bool is_general() const { return tools.empty() && prompts.empty() && resources.empty(); }
  bool operator==(PolicyRule const&) const = default;
};

/// The first rule that fits decides.
struct PolicyConfig {
  Effect otherwise = Effect::Allow;  ///< where no rule fits
  std::vector<PolicyRule> rules{};

  /// Whether anything can be refused by it.
  [[nodiscard]] bool is_on() const { return otherwise == Effect::Deny || !rules.empty(); }
  bool operator==(PolicyConfig const&) const = default;
};

}  // namespace gateway::config
