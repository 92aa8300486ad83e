// The addresses of a connected or listening socket, as values.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <utility>

#include "gateway/base/ip_address.h"
#include "gateway/io/unique_fd.h"

namespace gateway::io {

/// `which`: getsockname or getpeername. Nothing for what is no TCP socket, or has no such address.
[[nodiscard]] std::optional<IpAddress> address_of(int socket, int (*which)(int, sockaddr*, socklen_t*) noexcept);

/// The peer's numeric address; empty when it is gone.
[[nodiscard]] std::string peer_text(int socket);

/// Two sockets that are connected with each other; nothing where no descriptor is left.
[[nodiscard]] std::optional<std::pair<UniqueFd, UniqueFd>> connected_pair();

}  // namespace gateway::io
