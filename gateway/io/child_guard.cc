#include "gateway/io/child_guard.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <system_error>
#include <unordered_set>
#include <vector>

#include "gateway/io/guard_process.h"
#include "gateway/io/marked_processes.h"
#include "gateway/io/unique_fd.h"

// glibc 2.36 declares these without extern "C".
extern "C" {
#include <sys/pidfd.h>
}

namespace gateway::io {

namespace {

std::string random_name() {
  std::uint64_t bits = 0;
  while (::getrandom(&bits, sizeof bits, 0) != sizeof bits) {
  }
  return fmt::format("{:016x}", bits);
}

std::string entry_of(std::string_view mark) { return fmt::format("{}={}", ChildGuard::kVariable, mark); }

/// Forks with all signals blocked: a handler of ours must not run in the guard.
pid_t fork_guard(int socket, std::string_view instance) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto const pid = ::fork();
  if (pid == 0) run_guard(socket, instance);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

/// True when the process has ended before `limit`. It must be our child.
bool await_end(pid_t pid, milliseconds limit) {
  UniqueFd const process(::pidfd_open(pid, 0));
  pollfd ended{process.get(), POLLIN, 0};
  return process && ::poll(&ended, 1, static_cast<int>(limit.count())) == 1;
}

/// Of all threads: each has a list of those it started. In one go, since the lists
/// change while they are worked through.
std::vector<pid_t> own_children() {
  std::vector<pid_t> pids;
  std::error_code none;
  for (auto const& thread : std::filesystem::directory_iterator("/proc/self/task", none)) {
    std::ifstream list(thread.path() / "children");
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
  }
  return pids;
}

}  // namespace

struct ChildGuard::Impl {
  /// The guard is replaced when someone kills it, but not without end.
  static constexpr int kReplacements = 8;

  std::string const instance = random_name() + ".";
  std::string const instance_entry = entry_of(instance);
  std::mutex mutex;  ///< guards all that follows
  std::uint64_t marks = 0;
  int starting = 0;  ///< children that are being started now
  int replacements = 0;
  pid_t guard = 0;  ///< zero: there is none
  UniqueFd socket;
  /// A number can stand here twice for a moment: its child was waited for and is
  /// not forgotten yet, and another loop's child was given the number.
  std::unordered_multiset<int> expected;

  Status start_guard() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
      return Error{fmt::format("cannot start the guard: no socket pair: {}", std::strerror(errno))};
    UniqueFd ours(ends[0]);
    UniqueFd const theirs(ends[1]);
    auto const pid = fork_guard(theirs.get(), instance_entry);
    if (pid < 0) return Error{fmt::format("cannot start the guard: {}", std::strerror(errno))};
    guard = pid;
    socket = std::move(ours);
    return Done{};
  }

  bool tell(std::string_view message) {
    return socket && ::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
  }

  void replace_dead_guard() {
    if (guard != 0) collect(guard);
    if (guard == 0 && replacements < kReplacements) {
      ++replacements;
      (void)start_guard();  // without a guard we sweep ourselves
    }
  }

  /// As `tell`, and to a new guard where the old one is gone.
  bool tell_some_guard(std::string_view message) {
    if (tell(message)) return true;
    replace_dead_guard();
    return tell(message);
  }

  /// Waits for `pid` if it has ended.
  void collect(pid_t pid) {
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG) != 0 || ended.si_pid == 0) return;
    if (pid != guard) return;
    guard = 0;
    socket.reset();
  }

  /// Waits for all children that have ended, but for the expected.
  void reap() {
    if (starting > 0) return;
    for (;;) {
      siginfo_t ended{};
      if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
      if (expected.contains(ended.si_pid)) break;
      collect(ended.si_pid);
    }
    // That one would be shown again and again until its ChildProcess has waited
    // for it, so those behind it are asked for by name.
    for (auto const pid : own_children())
      if (!expected.contains(pid)) collect(pid);
  }

  /// True when the guard has swept and ended in order.
  bool say_goodbye() {
    bool const ended = tell(kGoodbye) && await_end(guard, seconds(5));
    socket.reset();
    if (guard == 0) return false;
    int status = -1;
    if (!ended) ::kill(guard, SIGKILL);
    ::waitpid(guard, &status, 0);
    guard = 0;
    return status == 0;
  }
};

ChildGuard::ChildGuard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ChildGuard>> ChildGuard::start() {
  auto impl = std::make_unique<Impl>();
  if (auto const started = impl->start_guard(); !started) return started.error();
  // Whoever started us may have left SIGCHLD ignored, and then the kernel would
  // throw away how children ended.
  ::signal(SIGCHLD, SIG_DFL);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
    return Error{fmt::format("cannot adopt orphaned processes: {}", std::strerror(errno))};
  return std::unique_ptr<ChildGuard>(new ChildGuard(std::move(impl)));
}

ChildGuard::~ChildGuard() {
  if (!impl_->say_goodbye()) kill_marked(impl_->instance_entry, EntryMatch::Prefix);
  impl_->reap();
}

std::string ChildGuard::new_mark() {
  std::scoped_lock const lock(impl_->mutex);
  return impl_->instance + std::to_string(++impl_->marks);
}

std::string const& ChildGuard::entry_front() const { return impl_->instance_entry; }

void ChildGuard::sweep(std::string_view mark) {
  auto const entry = entry_of(mark);
  {
    std::scoped_lock const lock(impl_->mutex);
    if (impl_->tell_some_guard(entry)) return;
  }
  // One look only: the loop must not wait for the dying.
  signal_marked(entry, EntryMatch::Whole, SIGKILL);
}

void ChildGuard::reap_orphans() {
  std::scoped_lock const lock(impl_->mutex);
  impl_->reap();
  if (impl_->guard == 0) impl_->replace_dead_guard();  // it was among them
}

ChildGuard::Starting::Starting(ChildGuard& guard) : guard_(guard) {
  std::scoped_lock const lock(guard_.impl_->mutex);
  ++guard_.impl_->starting;
}

ChildGuard::Starting::~Starting() {
  std::scoped_lock const lock(guard_.impl_->mutex);
  --guard_.impl_->starting;
}

void ChildGuard::expect(int pid) {
  std::scoped_lock const lock(impl_->mutex);
  impl_->expected.insert(pid);
}

void ChildGuard::forget(int pid) {
  std::scoped_lock const lock(impl_->mutex);
  if (auto const found = impl_->expected.find(pid); found != impl_->expected.end()) impl_->expected.erase(found);
}

}  // namespace gateway::io
