// An HTTP client under test's full control: it says any bytes and keeps all it hears.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/io/unique_fd.h"
#include "tests/fakes/turn_until.h"

namespace gateway::fakes {

/// `listen` never waits, it takes what is there, and a test turns the loop between.
/// Lines of X-Request-Id, which differ from run to run, are taken out of what it heard.
class RawClient {
 public:
  /// `receive_buffer` small makes a client whose window is soon full.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(0, ::connect(fd_.get(), reinterpret_cast<sockaddr const*>(&address), sizeof address));
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  }

  /// Gives how many bytes the socket took.
  std::size_t send(std::string_view bytes) {
    auto const sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  /// Takes what has come.
  void listen() {
    char bytes[16 * 1024];
    while (!ended_) {
      auto const got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
      if (got > 0) heard_.append(bytes, static_cast<std::size_t>(got));
      take_request_ids();
      ended_ = got == 0 || (got < 0 && errno != EAGAIN);
      if (got <= 0) return;
    }
  }

  /// Takes the next bytes, and is the only thing here that waits for them: for what is sent before a turn ends, which
  /// the system, when it is busy, carries a moment later. False when none come.
  [[nodiscard]] bool await() {
    pollfd wanted{.fd = fd_.get(), .events = POLLIN, .revents = 0};
    auto const limit = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    auto const came = ::poll(&wanted, 1, static_cast<int>(limit.count())) == 1;
    listen();
    return came && !ended_;
  }

  void close() { fd_.reset(); }

  [[nodiscard]] std::string const& heard() const { return heard_; }
  [[nodiscard]] bool has_heard(std::string_view text) const { return heard_.find(text) != std::string::npos; }
  [[nodiscard]] std::vector<std::string> const& request_ids() const { return request_ids_; }
  /// The server closed the connection.
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  void take_request_ids() {
    constexpr std::string_view kName = "X-Request-Id: ";
    for (auto at = heard_.find(kName); at != std::string::npos; at = heard_.find(kName, at)) {
      auto const end = heard_.find("\r\n", at);
      if (end == std::string::npos) return;
      request_ids_.push_back(heard_.substr(at + kName.size(), end - at - kName.size()));
      heard_.erase(at, end + 2 - at);
    }
  }

  io::UniqueFd fd_;
  std::string heard_;
  std::vector<std::string> request_ids_;
  bool ended_ = false;
};

}  // namespace gateway::fakes
