// What this system lets the gateway do to a child.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/sandbox/cgroup.h"

namespace gateway::sandbox {

/// Of the kernel, and of the gateway's own privileges. By default there is nothing.
struct Support {
  bool system_calls = false;                         ///< seccomp filters
  int landlock = 0;                                  ///< the version of its interface; 0: not there, or switched off
  bool user_namespaces = false;                      ///< an unprivileged process may create one
  bool network_namespaces = false;                   ///< and one for the network in it
  bool is_root = false;                              ///< the kernel does not count root's processes
  std::vector<std::string> capabilities_for_user{};  ///< those that another user needs and that are missing
  Delegated groups{};                                ///< control groups, if they were asked for

  bool operator==(Support const&) const = default;
};

/// Whether control groups are taken, which moves this process.
enum class ControlGroups { Leave, Take };

/// What is there. Forks to try namespaces out: to be called early, while there is one thread.
[[nodiscard]] Support probe_support(ControlGroups groups);

/// As if some of it were missing: a list of seccomp, landlock, landlock=VERSION, user_namespaces,
/// network_namespaces, cgroups and capabilities, with commas. Never more than there was.
[[nodiscard]] Support without(Support support, std::string_view list);

/// The variable of the gateway's environment with such a list.
inline constexpr char const* kWithout = "MCP_GATEWAY_SANDBOX_WITHOUT";

}  // namespace gateway::sandbox
