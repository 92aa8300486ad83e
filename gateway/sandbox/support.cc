#include "gateway/sandbox/support.h"

#include <algorithm>
#include <charconv>

namespace gateway::sandbox {

namespace {

void remove(Support& support, std::string_view what) {
  constexpr std::string_view kVersion = "landlock=";
  if (what == "cgroups") support.groups = {};
  if (what == "seccomp") support.system_calls = false;
  if (what == "landlock") support.landlock = 0;
  if (what == "user_namespaces") support.user_namespaces = support.network_namespaces = false;
  if (what == "network_namespaces") support.network_namespaces = false;
  if (what == "capabilities")
    support.capabilities_for_user = {"CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SYS_PTRACE"};
  if (what.starts_with(kVersion)) {
    int version = 0;
    std::from_chars(what.data() + kVersion.size(), what.data() + what.size(), version);
    support.landlock = std::min(support.landlock, version);
  }
}

}  // namespace

Support without(Support support, std::string_view list) {
  while (!list.empty()) {
    auto const comma = list.find(',');
    remove(support, list.substr(0, comma));
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return support;
}

}  // namespace gateway::sandbox
