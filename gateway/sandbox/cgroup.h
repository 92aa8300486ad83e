// Control groups (version 2): limits of a child with all its descendants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/base/result.h"

namespace gateway::sandbox {

/// A control group that was given to this process to make groups in.
struct Delegated {
  std::string directory{};  ///< empty: there is none
  bool memory = false;      ///< groups in it can have a memory limit
  bool processes = false;   ///< and a limit of processes

  bool operator==(Delegated const&) const = default;
};

struct GroupLimits {
  std::optional<std::uint64_t> memory{};     ///< bytes
  std::optional<std::uint64_t> processes{};  ///< and threads

  [[nodiscard]] bool any() const { return memory || processes; }
  bool operator==(GroupLimits const&) const = default;
};

/// The group this process is in, if it was delegated: systemd marks those of units with Delegate=. As a group cannot have limits for its groups and processes of
/// its own, this process moves into a group "gateway" in it.
[[nodiscard]] Delegated take_delegated_group();

/// Puts this process into a new group with the limits, and removes groups of children that have ended.
[[nodiscard]] Status enter_group(std::string const& directory, GroupLimits const& limits);

}  // namespace gateway::sandbox
