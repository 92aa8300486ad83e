// A client of HTTP over TLS that never waits: the same as RawClient, with a handshake before.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "tests/fakes/raw_client.h"
#include "tests/fakes/tls_client.h"

namespace gateway::fakes {

class TlsRawClient {
 public:
  explicit TlsRawClient(std::uint16_t port, TlsClientOptions const& options = {}, int receive_buffer = 0)
      : fd_(connected(port, receive_buffer)), tls_(options) {}

  /// Once it is open.
  void send(std::string_view plain) {
    tls_.say(plain);
    pump();
  }
  /// Bytes as they are, instead of TLS.
  void send_raw(std::string_view bytes) { EXPECT_EQ(static_cast<ssize_t>(bytes.size()), put(bytes)); }

  /// Gives how many of them the socket took.
  std::size_t send_some(std::string_view bytes) {
    auto const sent = put(bytes);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  /// Takes what has come, and sends what waits.
  void listen() {
    pump();
    char bytes[64 * 1024];
    while (!ended_) {
      auto const got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
      if (got > 0) {
        raw_.append(bytes, static_cast<std::size_t>(got));
        tls_.hear({bytes, static_cast<std::size_t>(got)});
      }
      ended_ = got == 0 || (got < 0 && errno != EAGAIN);
      if (got <= 0) break;
    }
    pump();
  }
  void end() {
    tls_.end();
    pump();
  }
  void close() { fd_.reset(); }

  [[nodiscard]] TlsClient& tls() { return tls_; }
  [[nodiscard]] bool is_open() const { return tls_.is_open(); }
  [[nodiscard]] std::string const& heard() const { return tls_.heard(); }
  [[nodiscard]] bool has_heard(std::string_view text) const { return heard().find(text) != std::string::npos; }
  /// As it came.
  [[nodiscard]] std::string const& raw() const { return raw_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  static io::UniqueFd connected(std::uint16_t port, int receive_buffer) {
    io::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0) ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(0, ::connect(fd.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address));
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
    return fd;
  }
  ssize_t put(std::string_view bytes) { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void pump() {
    waiting_ += tls_.to_send();
    if (waiting_.empty()) return;
    auto const sent = put(waiting_);
    if (sent > 0) waiting_.erase(0, static_cast<std::size_t>(sent));
  }

  io::UniqueFd fd_;
  TlsClient tls_;
  std::string waiting_;
  std::string raw_;
  bool ended_ = false;
};

}  // namespace gateway::fakes
