#include "gateway/io/listener.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "gateway/io/socket_address.h"

namespace gateway::io {

namespace {

constexpr int kBacklog = 4096;
constexpr int kBatch = 64;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  [[nodiscard]] sockaddr const* get() const { return reinterpret_cast<sockaddr const*>(&storage); }
};

bool fill(Address& address, std::string const& host, std::uint16_t port) {
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    address.length = sizeof v4;
    return true;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return false;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  address.length = sizeof v6;
  return true;
}

/// A descriptor that is only there to be given up.
UniqueFd keep_one() { return UniqueFd(::eventfd(0, EFD_CLOEXEC)); }

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

void set(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

/// Accepted sockets inherit these, so they cost nothing a connection. A client
/// that vanished is noticed within a minute although nothing is sent to it.
void set_options(int fd) {
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 45'000);
}

/// Why an address could not be had.
std::string reason(int error) {
  if (error == EADDRINUSE) return "the port is taken by another program";
  if (error == EADDRNOTAVAIL) return "this machine has no such address";
  if (error == EACCES) return "this user may not listen there (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
  return std::strerror(error);
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(storage).sin_port);
}

}  // namespace

Result<Listener::Socket> Listener::bind(std::string const& host, std::uint16_t port, Port use) {
  auto const failed = [&](std::string_view why) {
    auto const is_v6 = host.find(':') != std::string::npos;
    return Error{fmt::format("cannot listen on {}:{}: {}", is_v6 ? fmt::format("[{}]", host) : host, port, why)};
  };
  Address address;
  if (!fill(address, host, port)) return failed("not a numeric address");
  UniqueFd fd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(reason(errno));
  set_options(fd.get());
  if (use == Port::OneOfMany) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  auto const bound = ::bind(fd.get(), address.get(), address.length) == 0;
  // Only now: bound with it, a second gateway of the same user would take half of
  // our connections instead of being told that the port is taken.
  if (bound && use == Port::Own) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (!bound || listen(fd.get(), kBacklog) != 0) {
    return failed(reason(errno));
  }
  auto const chosen = bound_port(fd.get());
  return Socket{std::move(fd), chosen};
}

std::optional<Listener::Bound> Listener::bound(UniqueFd fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) return std::nullopt;
  auto const host = address_of(fd.get(), ::getsockname);
  if (!host) return std::nullopt;
  auto const port = bound_port(fd.get());
  return Bound{*host, {std::move(fd), port}};
}

Listener::Listener(EventLoop& loop, Socket socket, Handler& handler)
    : fd_(std::move(socket.fd)),
      kept_(keep_one()),
      port_(socket.port),
      handler_(handler),
      watch_(loop, fd_.get(), Watch::For::Read, *this),
      rest_(loop, [this] {
        if (!kept_) kept_ = keep_one();
        watch_.start();
      }) {
  watch_.start();
}

void Listener::on_ready(Watch::For) {
  for (int i = 0; i < kBatch; ++i) {
    UniqueFd fd(accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      handler_.on_accepted(std::move(fd));
    } else if (!is_shortage(errno) || !refuse_one()) {
      return;
    }
  }
}

void Listener::accept_rest() {
  for (int i = 0; i < kBacklog; i += kBatch) on_ready(Watch::For::Read);
}

/// Whether there was one.
bool Listener::refuse_one() {
  kept_.reset();
  UniqueFd fd(accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  // The shortage is told also where nobody waits, since the system looks for a descriptor first.
  auto const nobody = !fd && !is_shortage(errno);
  auto const refused = static_cast<bool>(fd);
  if (!nobody) handler_.on_out_of_descriptors(std::move(fd));
  kept_ = keep_one();
  // Another thread was quicker to take what was given up.
  if (!kept_ || !(refused || nobody)) rest();
  return refused && kept_;
}

void Listener::rest() {
  // The pending connection stays ready: without a rest the loop would spin.
  watch_.stop();
  rest_.set(seconds(1));
}

}  // namespace gateway::io
