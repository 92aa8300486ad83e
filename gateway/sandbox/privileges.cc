#include "gateway/sandbox/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>
#include <utility>

#include "gateway/sandbox/errno_error.h"

namespace gateway::sandbox {

namespace {

using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool has_effective(Sets const& sets, int capability) {
  return (sets.at(static_cast<std::size_t>(CAP_TO_INDEX(capability))).effective & CAP_TO_MASK(capability)) != 0;
}

Status limit(__rlimit_resource resource, std::string_view what, rlim_t soft, rlim_t hard) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return errno_error(what);
  // Nobody without privileges can raise one.
  rlimit const wanted{std::min(soft, now.rlim_max), std::min(hard, now.rlim_max)};
  if (::setrlimit(resource, &wanted) != 0) return errno_error(what);
  return Done{};
}

}  // namespace

std::vector<std::string> missing_for_another_user() {
  constexpr std::array<std::pair<int, char const*>, 4> kNeeded{{{CAP_SETUID, "CAP_SETUID"},
                                                                {CAP_SETGID, "CAP_SETGID"},
                                                                {CAP_KILL, "CAP_KILL"},
                                                                {CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}}};
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Sets sets{};
  auto const known = ::syscall(SYS_capget, &header, sets.data()) == 0;
  std::vector<std::string> missing;
  for (auto const& [capability, name] : kNeeded)
    if (!known || !has_effective(sets, capability)) missing.emplace_back(name);
  return missing;
}

void drop_groups() { (void)!::setgroups(0, nullptr); }

Status become(Account account) {
  if (::setgroups(0, nullptr) != 0) return errno_error("its supplementary groups cannot be dropped");
  if (::setresgid(account.gid, account.gid, account.gid) != 0)
    return errno_error(fmt::format("it cannot have the group {}", account.gid));
  if (::setresuid(account.uid, account.uid, account.uid) != 0)
    return errno_error(fmt::format("it cannot run as the user {}", account.uid));
  // The kernel made /proc/self root's, which the next steps write to.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return Done{};
}

void limit_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

Status drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Sets const none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return errno_error("its capabilities cannot be dropped");
  return Done{};
}

Status allow_no_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno_error("no_new_privs cannot be set");
  return Done{};
}

Status set_limits(ResourceLimits const& limits) {
  using Bound = std::tuple<__rlimit_resource, char const*, std::optional<std::uint64_t>>;
  std::array<Bound, 5> const all{{{RLIMIT_NOFILE, "the limit of open files", limits.open_files},
                                  {RLIMIT_NPROC, "the limit of processes", limits.processes},
                                  {RLIMIT_FSIZE, "the limit of file sizes", limits.file_size},
                                  {RLIMIT_DATA, "the limit of memory", limits.data},
                                  {RLIMIT_CORE, "the limit of core dumps", limits.core}}};
  for (auto const& [resource, what, value] : all) {
    if (!value) continue;
    if (auto done = limit(resource, what, *value, *value); !done) return done;
  }
  if (!limits.cpu_seconds) return Done{};
  // A warning, SIGXCPU, and a second later the end.
  return limit(RLIMIT_CPU, "the limit of CPU time", *limits.cpu_seconds, *limits.cpu_seconds + 1);
}

}  // namespace gateway::sandbox
