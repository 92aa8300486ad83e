// The client's end of a TCP connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/reply_reader.h"
#include "gateway/io/tls_session.h"

namespace bench {

/// One connection to the server: what is sent leaves at once as far as it can. Owned by its session,
/// which may close it and open it anew.
class Connection {
 public:
  class Owner : public ReplyReader::Handler {
   public:
    /// All that came was read. Here the connection may be closed.
    virtual void on_read() = 0;
    virtual void on_lost() = 0;

   protected:
    ~Owner() = default;
  };

  enum class Reading {
    AtOnce,
    Slowly,  ///< a little with each call of read_a_little, into a small window
  };

  /// `tls` has the settings of TLS; null for none.
  Connection(int epoll, std::uint16_t port, Reading reading, ssl_ctx_st* tls, Owner& owner);
  ~Connection() { close(); }
  Connection(Connection const&) = delete;
  Connection& operator=(Connection const&) = delete;

  /// False when the server is not there. `source` spreads short connections over
  /// addresses, so that ports do not run out.
  bool open(std::uint8_t source);
  void close();
  void send(std::string_view head, std::string_view body);
  /// For the loop: reads into `block`, and sends what waits.
  void on_ready(std::uint32_t events, std::vector<char>& block);
  /// For a connection that reads slowly, from time to time.
  void read_a_little(std::vector<char>& block);

 private:
  void watch(int operation, std::uint32_t events);
  void send_waiting();
  void read(std::vector<char>& block, std::size_t most);
  void take_unsent();
  /// The plain bytes of what was received, at the front of `block`.
  [[nodiscard]] std::string_view unseal(std::vector<char>& block, std::size_t received);

  int epoll_;
  std::uint16_t port_;
  Reading reading_;
  Owner& owner_;
  int fd_ = -1;
  std::optional<ReplyReader> reader_;
  std::string out_;
  std::size_t sent_ = 0;
  ssl_ctx_st* context_;
  std::unique_ptr<gateway::io::TlsSession> tls_;
  std::string early_;  ///< to be sealed once the handshake is over
};

}  // namespace bench
