// A listening TCP socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/base/ip_address.h"
#include "gateway/base/result.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"

namespace gateway::io {

/// Accepts connections in small batches and hands them over. It keeps one descriptor
/// in reserve: when the process has no other left, each waiting connection is accepted
/// with it and handed over to be rejected, since its client would wait in the backlog
/// without an answer. If even that fails, it pauses for a second.
class Listener final : private Watch::Listener {
 public:
  class Handler {
   public:
    virtual void on_accepted(UniqueFd fd) = 0;
    /// No descriptor is left. `refused` is to be closed before this returns; empty when
    /// not even it could be accepted.
    virtual void on_out_of_descriptors(UniqueFd refused) = 0;

   protected:
    ~Handler() = default;
  };

  /// Who else may listen on the port. The kernel spreads connections over the listeners
  /// that share it.
  enum class Port {
    Own,        ///< listeners of this program that open it after this one, but no other program
    OneOfMany,  ///< this program has opened it before
  };
  /// A socket that listens: connections wait in it until somebody accepts them.
  struct Socket {
    UniqueFd fd;
    std::uint16_t port = 0;  ///< which the system chose when 0 was asked for
  };

  /// Binds and listens. `host` is a numeric address. The error is a sentence
  /// that names the address and the reason.
  static Result<Socket> bind(std::string const& host, std::uint16_t port, Port use);

  /// A socket that another process has bound, and where.
  struct Bound {
    IpAddress host;
    Socket socket;
  };
  /// Nothing where it is no listening TCP socket.
  static std::optional<Bound> bound(UniqueFd fd);

  Listener(EventLoop& loop, Socket socket, Handler& handler);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// For a copy of it.
  [[nodiscard]] int descriptor() const { return fd_.get(); }
  /// Accepts what waits, before it is closed: those would be reset.
  void accept_rest();

 private:
  void on_ready(Watch::For what) override;
  bool refuse_one();
  void rest();

  UniqueFd fd_;
  UniqueFd kept_;  ///< for accepting when there is no other
  std::uint16_t port_;
  Handler& handler_;
  Watch watch_;
  Timer rest_;
};

}  // namespace gateway::io
