// What the tools or the prompts of a group's members are called at the group.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/config/group.h"

namespace gateway::groups {

/// Names at the group to names at the members and back. A name always becomes the same one, whatever else there is,
/// except where prefixes depend on conflicts. Pure.
class Catalog {
 public:
  /// Of `config` it takes the rules for names; members are counted in its order.
  explicit Catalog(config::GroupConfig const& config);

  /// What a member offers now. What it offered before stays its own until then, also while it is away; and with `adds`,
  /// for a member that offers each session something else, beyond that.
  void learn(std::size_t member, std::vector<std::string> names, bool adds = false);
  /// Whether it has said what it offers.
  [[nodiscard]] bool knows(std::size_t member) const { return known_[member].has_value(); }

  /// Empty where the name is not offered: it is unknown, or another member has it.
  [[nodiscard]] std::string_view name_of(std::size_t member, std::string_view own) const;

  struct Found {
    std::size_t member = 0;
    std::string own{};  ///< the name at the member
  };
  /// Whose it is. With prefix: always, what stands in front of a name that is not known says it.
  [[nodiscard]] std::optional<Found> find(std::string_view name) const;

 private:
  void name_all();
  [[nodiscard]] bool reads_as_anothers(std::size_t member, std::string_view full) const;
  void give_name(std::size_t member, std::string const& own, bool prefixed);
  [[nodiscard]] std::string with_alias(std::size_t member, std::string_view own) const;

  config::NamePrefix prefix_;
  std::string separator_;
  std::size_t limit_;
  std::vector<std::string> aliases_;
  std::vector<std::optional<std::vector<std::string>>> known_;  ///< by member, each sorted
  std::map<std::string, Found, std::less<>> found_;
  std::vector<std::map<std::string, std::string, std::less<>>> given_;  ///< by member, own name to that at the group
};

/// `name`, cut to `limit` bytes if it is longer, with a checksum of the whole at its end.
[[nodiscard]] std::string shortened(std::string name, std::size_t limit);

}  // namespace gateway::groups
