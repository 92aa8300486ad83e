// Several services joined to one endpoint: what a user can set of it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "gateway/base/clock.h"

namespace gateway::config {

/// Which names of tools and prompts get the alias of their service in front.
enum class NamePrefix {
  Always,
  Conflict,  ///< those that several members have
  Never,     ///< none: of those that several members have, the first member's is offered
};

/// A service that is joined to others.
struct GroupMember {
  std::string service{};
  std::string alias{};  ///< in front of its names

  bool operator==(GroupMember const&) const = default;
};

/// What is different about one tool at a group.
struct ToolChange {
  std::string name{};         ///< instead of its own; empty: its own
  std::string description{};  ///< instead of its own; empty: its own
  /// Arguments that always have these values, raw. Clients are not told of them.
  std::map<std::string, std::string, std::less<>> arguments{};

  bool operator==(ToolChange const&) const = default;
};

/// Which tools a group offers, and how. Names are those that the tools have at the group without this.
struct ToolShaping {
  std::vector<std::string> allow{};  ///< patterns; none: all
  std::vector<std::string> deny{};   ///< patterns, also of what is allowed
  bool read_only = false;            ///< only those that are annotated so
  std::map<std::string, ToolChange, std::less<>> change{};

  bool operator==(ToolShaping const&) const = default;
};

/// Services behind one endpoint, `/NAME/mcp` and `/NAME/sse`.
struct GroupConfig {
  std::string name{};
  std::vector<GroupMember> members{};  ///< each once, in the order in which their lists are joined
  NamePrefix prefix = NamePrefix::Always;
  /// Between alias and name.
  std::string separator = "__";
  /// Longest name of a tool or prompt; 16..256, or 0 for 64 less what clients put in front of it.
  std::size_t name_limit = 0;
  /// How long a list or a new session waits for a member before it goes on without it; 0ms..1m.
  milliseconds member_wait = seconds{2};
  ToolShaping tools{};
  /// It is served at /mcp and /sse, too.
  bool at_root = false;
  /// As a service has them, for the group; those of members hold for what they offer.
  std::vector<std::string> required_scopes{};

  bool operator==(GroupConfig const&) const = default;
};

/// The longest name there may be in the group. Clients know a tool as `mcp__GROUP__TOOL`, and models take 64 characters.
[[nodiscard]] inline std::size_t longest_name(GroupConfig const& group) {
  constexpr std::size_t kOfModels = 64;
  constexpr std::size_t kOfClients = 7;  // mcp__ and __
  constexpr std::size_t kLeast = 32;
  if (group.name_limit != 0) return group.name_limit;
  auto const used = kOfClients + group.name.size();
  return used + kLeast > kOfModels ? kLeast : kOfModels - used;
}

}  // namespace gateway::config
