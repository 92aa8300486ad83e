#include "gateway/sandbox/system_calls.h"

#include <fmt/format.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace gateway::sandbox {

namespace {

/// Debugging others, the kernel's own interfaces, mounts, and what only an administrator does. -1 are those that the
/// architecture does not have.
constexpr std::array kRefused{
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(process_madvise),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(mount),
    SCMP_SYS(umount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(quotactl),
    SCMP_SYS(quotactl_fd),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(create_module),
    SCMP_SYS(get_kernel_syms),
    SCMP_SYS(query_module),
    SCMP_SYS(reboot),
    SCMP_SYS(acct),
    SCMP_SYS(syslog),
    SCMP_SYS(nfsservctl),
    SCMP_SYS(uselib),
    SCMP_SYS(_sysctl),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(vm86),
    SCMP_SYS(vm86old),
    SCMP_SYS(vhangup),
    SCMP_SYS(settimeofday),
    SCMP_SYS(stime),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_settime64),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(setns),
};

constexpr std::array<std::uint64_t, 7> kNamespaces{CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                                   CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

class Filter {
 public:
  Filter() : filter_(::seccomp_init(SCMP_ACT_ALLOW)) {
    // A program of another architecture, of which the numbers mean other calls.
    note(filter_ == nullptr ? -ENOMEM : ::seccomp_attr_set(filter_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  }
  ~Filter() {
    if (filter_ != nullptr) ::seccomp_release(filter_);
  }
  Filter(Filter const&) = delete;
  Filter& operator=(Filter const&) = delete;

  template <typename... Comparisons>
  void refuse(int call, int error, Comparisons... comparisons) {
    if (failed_ != 0) return;
    std::array<scmp_arg_cmp, sizeof...(comparisons)> const all{comparisons...};
    auto const code = ::seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), call,
                                               static_cast<unsigned>(all.size()), all.data());
    if (code != -EDOM && code != -EEXIST) note(code);  // the architecture does not have it, or it stands twice
  }

  /// Zero, or an error number.
  int load() { return failed_ != 0 ? failed_ : -::seccomp_load(filter_); }

 private:
  void note(int code) {
    if (failed_ == 0 && code < 0) failed_ = -code;
  }

  scmp_filter_ctx filter_;
  int failed_ = 0;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  // The kernel takes an int, and ignores what a caller puts above it.
  return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, 0xffff'ffff, value};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t bits) {
  return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, bits, bits};
}

/// The libraries fall back to clone(), of which the filter can see the flags.
void refuse_namespaces(Filter& filter) {
  for (auto const flag : kNamespaces) {
    filter.refuse(SCMP_SYS(clone), EPERM, has_bits(0, flag));
    filter.refuse(SCMP_SYS(unshare), EPERM, has_bits(0, flag));
  }
  filter.refuse(SCMP_SYS(clone3), ENOSYS);
  filter.refuse(SCMP_SYS(chroot), EPERM);
}

/// Only IPv4, IPv6, Unix and netlink, and no raw packets.
void refuse_sockets(Filter& filter, Plan const& plan) {
  constexpr std::uint64_t kTypeBits = 0xf;
  constexpr std::uint64_t kFamilies = 64;  // there are 46
  for (std::uint64_t family = 0; family < kFamilies; ++family) {
    auto const is_internet = family == AF_INET || family == AF_INET6;
    if (family == AF_NETLINK || (family == AF_UNIX && !plan.refuse_unix)) continue;
    if (is_internet && !plan.refuse_internet) {
      filter.refuse(SCMP_SYS(socket), EPERM, equals(0, family),
                    scmp_arg_cmp{1, SCMP_CMP_MASKED_EQ, kTypeBits, SOCK_RAW});
      continue;
    }
    filter.refuse(SCMP_SYS(socket), EACCES, equals(0, family));
  }
}

}  // namespace

bool has_system_call_filters() {
  std::uint32_t const action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

Status refuse_system_calls(Plan const& plan) {
  Filter filter;
  for (auto const call : kRefused) filter.refuse(call, EPERM);
  // Typing into a terminal.
  filter.refuse(SCMP_SYS(ioctl), EPERM, equals(1, TIOCSTI));
  filter.refuse(SCMP_SYS(ioctl), EPERM, equals(1, TIOCLINUX));
  if (!plan.allow_namespaces) refuse_namespaces(filter);
  refuse_sockets(filter, plan);
  if (plan.refuse_truncate) {
    filter.refuse(SCMP_SYS(truncate), EPERM);
    filter.refuse(SCMP_SYS(truncate64), EPERM);
  }
  auto const error = filter.load();
  if (error != 0) return Error{fmt::format("system calls cannot be filtered: {}", std::strerror(error))};
  return Done{};
}

}  // namespace gateway::sandbox
