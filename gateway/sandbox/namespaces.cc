#include "gateway/sandbox/namespaces.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "gateway/sandbox/errno_error.h"

namespace gateway::sandbox {

namespace {

Status write_file(char const* path, std::string const& text) {
  auto const fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno_error(path);
  auto const written = ::write(fd, text.data(), text.size());
  auto const error = errno;
  ::close(fd);
  errno = error;
  if (written != static_cast<ssize_t>(text.size())) return errno_error(path);
  return Done{};
}

Status start_loopback() {
  auto const fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno_error("no socket for the loopback interface");
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP;
  auto const code = ::ioctl(fd, SIOCSIFFLAGS, &request);
  auto const error = errno;
  ::close(fd);
  errno = error;
  if (code != 0) return errno_error("the loopback interface cannot be started");
  return Done{};
}

}  // namespace

Status enter_namespaces(Network network) {
  auto const user = ::geteuid();
  auto const group = ::getegid();
  if (::unshare(CLONE_NEWUSER) != 0) return errno_error("no user namespace");
  // Without this the kernel lets nobody without privileges map a group.
  if (auto done = write_file("/proc/self/setgroups", "deny"); !done) return done;
  if (auto done = write_file("/proc/self/uid_map", fmt::format("{0} {0} 1", user)); !done) return done;
  if (auto done = write_file("/proc/self/gid_map", fmt::format("{0} {0} 1", group)); !done) return done;
  if (network == Network::Shared) return Done{};
  if (::unshare(CLONE_NEWNET) != 0) return errno_error("no network namespace");
  return start_loopback();
}

}  // namespace gateway::sandbox
