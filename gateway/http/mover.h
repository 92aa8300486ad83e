// A connection on its way to another server: one of the program's, or another process's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/base/allowance.h"
#include "gateway/http/exchange.h"
#include "gateway/http/request_head.h"
#include "gateway/io/tls_session.h"
#include "gateway/io/unique_fd.h"

namespace gateway::http {

/// Who is at the other end of a connection, where its socket does not say: another process has the client's, and passes
/// bytes on.
struct Origin {
  std::string remote{};  ///< a numeric address
  std::optional<ClientCertificate> certificate{};
};

/// All there is of a connection between two requests. Nothing is owed on it.
struct MovedConnection {
  io::UniqueFd socket;
  std::unique_ptr<io::TlsSession> tls;  ///< null without TLS
  std::optional<Origin> origin{};       ///< nothing where the socket is the client's
  ListenerTag listener{};
  Allowance::Share share{};  ///< it still is one of the connections allowed; empty on its way to another process
  std::string unread{};      ///< begins with the head of the request that it moves for
};

/// Knows which of several servers, each on a loop of its own, serves a request.
class Mover {
 public:
  /// The number of the other server; nothing where the request is served here.
  /// Asked as soon as a head is read, before anything of its body is taken.
  [[nodiscard]] virtual std::optional<std::size_t> elsewhere(RequestHead const& head, ListenerTag listener) = 0;

  /// Has the server of that number adopt the connection.
  virtual void move(std::size_t to, MovedConnection connection) = 0;

  /// Passes the connection on to another process, whose server adopts it.
  virtual void pass(Process to, MovedConnection connection) = 0;

 protected:
  ~Mover() = default;
};

}  // namespace gateway::http
