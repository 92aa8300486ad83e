#include "gateway/io/service_manager.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "gateway/io/unique_fd.h"

namespace gateway::io {

namespace {

Error cannot_notify(std::string_view address, std::string_view why) {
  return Error{fmt::format("cannot notify the service manager at NOTIFY_SOCKET={}: {}", address, why)};
}

}  // namespace

ServiceManager ServiceManager::from_environment() {
  char const* const address = std::getenv("NOTIFY_SOCKET");
  ServiceManager manager(address != nullptr ? address : "");
  ::unsetenv("NOTIFY_SOCKET");
  return manager;
}

Status ServiceManager::notify(std::string_view state) const {
  if (address_.empty()) return Done{};
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  auto const is_abstract = address_.front() == '@';
  if (!is_abstract && address_.front() != '/') return cannot_notify(address_, "expected an absolute path or @NAME");
  if (address_.size() >= sizeof to.sun_path) return cannot_notify(address_, "the name is too long");
  std::copy(address_.begin(), address_.end(), to.sun_path);
  if (is_abstract) to.sun_path[0] = '\0';  // the name has no end but the length

  UniqueFd const socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return cannot_notify(address_, std::strerror(errno));
  auto const size = offsetof(sockaddr_un, sun_path) + address_.size() + (is_abstract ? 0 : 1);
  auto const sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<sockaddr const*>(&to), static_cast<socklen_t>(size));
  if (sent < 0) return cannot_notify(address_, std::strerror(errno));
  return Done{};
}

}  // namespace gateway::io
