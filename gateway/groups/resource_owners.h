// Which member of a group has a resource.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway::groups {

/// URIs stay as the members gave them. Of two members with one URI, the first has it.
class ResourceOwners {
 public:
  explicit ResourceOwners(std::size_t members) : uris_(members), templates_(members) {}

  /// What a member lists now.
  void learn_uris(std::size_t member, std::vector<std::string> uris) { uris_[member] = std::move(uris); }
  void learn_templates(std::size_t member, std::vector<std::string> const& templates);

  /// Whose it is: one that lists it, or else that lists a template which it fits, or that is the template itself. Nothing
  /// where no member says so.
  [[nodiscard]] std::optional<std::size_t> owner_of(std::string_view uri) const;

 private:
  std::vector<std::vector<std::string>> uris_;
  /// The template, and a pattern in which `*` stands for its expressions.
  std::vector<std::vector<std::pair<std::string, std::string>>> templates_;
};

}  // namespace gateway::groups
