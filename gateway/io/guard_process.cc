#include "gateway/io/guard_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "gateway/io/child_guard.h"
#include "gateway/io/marked_processes.h"

// No code here may allocate or lock: a guard that replaces a dead one is forked
// from a process that has threads.
namespace gateway::io {

namespace {

void set_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  // Whoever ends the gateway's group, service or terminal must not end the guard
  // before it.
  for (int const signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// A gateway that is itself the child of a gateway hands its mark on to us. The
/// outer one would kill us with the inner, and the inner's children would live.
void wipe_inherited_mark() {
  auto const name = ChildGuard::kVariable;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, name.data(), name.size()) != 0) continue;
    std::memset(*entry, 0, std::strlen(*entry));
  }
}

/// Keeps nothing of the gateway's: a socket or pipe held here would never end.
void detach(int socket) {
  ::setsid();
  ::prctl(PR_SET_NAME, "mcp-gw-guard");
  ::dup2(socket, 0);
  ::closefrom(1);
  if (::chdir("/") != 0) return;  // only so that no mount is held busy
}

/// The gateway was killed. Its children see the end of their stdin now, and
/// most of them go by themselves.
void outlive_gateway(std::string_view instance) {
  constexpr int kTwoSeconds = 40;
  if (await_marked_gone(instance, EntryMatch::Prefix, kTwoSeconds)) return;
  signal_marked(instance, EntryMatch::Prefix, SIGTERM);
  if (await_marked_gone(instance, EntryMatch::Prefix, kTwoSeconds / 2)) return;
  kill_marked(instance, EntryMatch::Prefix);
}

}  // namespace

void run_guard(int socket, std::string_view instance) {
  set_signals();
  detach(socket);
  wipe_inherited_mark();
  for (;;) {
    char message[256];
    auto const size = ::recv(0, message, sizeof message, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      outlive_gateway(instance);
      ::_exit(0);
    }
    std::string_view const text(message, static_cast<std::size_t>(size));
    if (text == kGoodbye) {
      kill_marked(instance, EntryMatch::Prefix);
      ::_exit(0);
    }
    kill_marked(text, EntryMatch::Whole);
  }
}

}  // namespace gateway::io
