// A connection on its way from one server of the program to another.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "gateway/base/allowance.h"
#include "gateway/http/exchange.h"
#include "gateway/http/request_head.h"
#include "gateway/io/tls_session.h"
#include "gateway/io/unique_fd.h"

namespace gateway::http {

/// All there is of a connection between two requests. Nothing is owed on it.
struct MovedConnection {
  io::UniqueFd socket;
  std::unique_ptr<io::TlsSession> tls;  ///< null without TLS
  ListenerTag listener{};
  Allowance::Share share;  ///< it still is one of the connections allowed
  std::string unread;      ///< begins with the head of the request that it moves for
};

/// Knows which of several servers, each on a loop of its own, serves a request.
class Mover {
 public:
  /// The number of the other server; nothing where the request is served here.
  /// Asked as soon as a head is read, before anything of its body is taken.
  [[nodiscard]] virtual std::optional<std::size_t> elsewhere(RequestHead const& head, ListenerTag listener) = 0;

  /// Has the server of that number adopt the connection.
  virtual void move(std::size_t to, MovedConnection connection) = 0;

 protected:
  ~Mover() = default;
};

}  // namespace gateway::http
