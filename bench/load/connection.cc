#include "bench/load/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
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

Connection::Connection(int epoll, std::uint16_t port, Reading reading, ssl_ctx_st* tls, Owner& owner)
    : epoll_(epoll), port_(port), reading_(reading), owner_(owner), context_(tls) {
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
  if (context_ != nullptr) {
    tls_ = std::make_unique<gateway::io::TlsSession>(context_, "localhost");
    char none[gateway::io::TlsSession::kLead];
    (void)tls_->unseal({}, none);
    take_unsent();
    send_waiting();
  }
  return true;
}

void Connection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  out_.clear();
  early_.clear();
  sent_ = 0;
  tls_.reset();
  reader_.emplace(owner_);
}

void Connection::send(std::string_view head, std::string_view body) {
  if (!tls_) {
    out_.append(head).append(body);
  } else {
    early_.append(head).append(body);
    if (tls_->can_send() && tls_->seal(early_)) early_.clear();
    take_unsent();
  }
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
  auto const lead = tls_ ? gateway::io::TlsSession::kLead : 0;
  auto const got = ::recv(fd_, block.data() + lead, std::min(most, block.size() - lead), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return owner_.on_lost();
  auto const size = static_cast<std::size_t>(got);
  auto const plain = tls_ ? unseal(block, size) : std::string_view(block.data(), size);
  if (tls_ && plain.empty() && tls_->can_send()) return;
  if (plain.empty() || !reader_->read(plain)) return owner_.on_lost();
  owner_.on_read();
}

std::string_view Connection::unseal(std::vector<char>& block, std::size_t received) {
  auto const plain = tls_->unseal({block.data() + gateway::io::TlsSession::kLead, received}, block.data());
  if (!early_.empty() && tls_->can_send() && tls_->seal(early_)) early_.clear();
  take_unsent();
  send_waiting();
  if (!out_.empty()) watch(EPOLL_CTL_MOD, EPOLLOUT);
  return plain;
}

void Connection::take_unsent() {
  out_.append(tls_->unsent());
  tls_->sent(tls_->unsent().size());
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
