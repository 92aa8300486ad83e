#include "bench/load/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace bench {

namespace {

// Small, so that what is not read waits at the server and not in the kernel.
constexpr int kSlowWindow = 16 * 1024;
constexpr std::size_t kALittle = 4 * 1024;

sockaddr_in address(std::uint32_t host, std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  made.sin_addr.s_addr = htonl(host);
  return made;
}

}  // namespace

Connection::Connection(int epoll, std::uint16_t port, Reading reading, Owner& owner)
    : epoll_(epoll), port_(port), reading_(reading), owner_(owner) {
  reader_.emplace(owner);
}

bool Connection::open(std::uint8_t source) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int const on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (reading_ == Reading::Slowly) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &kSlowWindow, sizeof kSlowWindow);
  auto const from = address(INADDR_LOOPBACK + source, 0);
  ::bind(fd_, reinterpret_cast<sockaddr const*>(&from), sizeof from);
  auto const to = address(INADDR_LOOPBACK, port_);
  if (::connect(fd_, reinterpret_cast<sockaddr const*>(&to), sizeof to) != 0) return false;
  watch(EPOLL_CTL_ADD, 0);
  return true;
}

void Connection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  out_.clear();
  sent_ = 0;
  reader_.emplace(owner_);
}

void Connection::send(std::string_view head, std::string_view body) {
  out_.append(head).append(body);
  send_waiting();
  if (!out_.empty()) watch(EPOLL_CTL_MOD, EPOLLOUT);
}

void Connection::on_ready(std::uint32_t events, std::vector<char>& block) {
  if (fd_ < 0) return;  // closed earlier in this turn
  if ((events & EPOLLOUT) != 0) {
    send_waiting();
    if (out_.empty()) watch(EPOLL_CTL_MOD, 0);
  }
  if ((events & ~EPOLLOUT) != 0) read(block, block.size());
}

void Connection::read_a_little(std::vector<char>& block) {
  if (fd_ >= 0) read(block, kALittle);
}

void Connection::read(std::vector<char>& block, std::size_t most) {
  auto const got = ::recv(fd_, block.data(), most, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0 || !reader_->read({block.data(), static_cast<std::size_t>(got)})) return owner_.on_lost();
  owner_.on_read();
}

/// For `events`, and for what comes when that is read at once.
void Connection::watch(int operation, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  if (reading_ == Reading::AtOnce) event.events |= EPOLLIN;
  event.data.ptr = this;
  ::epoll_ctl(epoll_, operation, fd_, &event);
}

void Connection::send_waiting() {
  auto const sent = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) sent_ += static_cast<std::size_t>(sent);
  if (sent_ < out_.size()) return;
  out_.clear();
  sent_ = 0;
}

}  // namespace bench
