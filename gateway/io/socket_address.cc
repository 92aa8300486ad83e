#include "gateway/io/socket_address.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace gateway::io {

std::optional<IpAddress> address_of(int socket, int (*which)(int, sockaddr*, socklen_t*) noexcept) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (which(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return std::nullopt;
  IpAddress address;
  if (storage.ss_family == AF_INET6) {
    auto const& v6 = reinterpret_cast<sockaddr_in6 const&>(storage).sin6_addr;
    std::copy(std::begin(v6.s6_addr), std::end(v6.s6_addr), address.bytes.begin());
    return address;
  }
  if (storage.ss_family != AF_INET) return std::nullopt;
  auto const& v4 = reinterpret_cast<sockaddr_in const&>(storage).sin_addr;
  auto const* const bytes = reinterpret_cast<std::uint8_t const*>(&v4.s_addr);
  address.bytes[10] = address.bytes[11] = 0xff;
  std::copy(bytes, bytes + sizeof v4.s_addr, address.bytes.begin() + 12);
  return address;
}

std::string peer_text(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  auto* const peer = reinterpret_cast<sockaddr*>(&address);
  if (::getpeername(socket, peer, &size) != 0) return {};
  if (::getnameinfo(peer, size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return host.data();
}

std::optional<std::pair<UniqueFd, UniqueFd>> connected_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return std::nullopt;
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

}  // namespace gateway::io
