#include "gateway/http/server.h"

#include <utility>

#include "gateway/base/entropy.h"
#include "gateway/io/farewell.h"

namespace gateway::http {

namespace {

/// How long a connection whose last answer is out may go on sending.
constexpr Duration kLinger = seconds(2);

// An exchange's id: a number never given twice, and the place of its connection.
constexpr int kPlaceBits = 24;
constexpr std::uint64_t kPlaceMask = (std::uint64_t{1} << kPlaceBits) - 1;

/// To a client that waits for the server's part of a handshake: a fatal alert, internal_error, which needs no keys.
constexpr std::string_view kNoRoom("\x15\x03\x03\x00\x02\x02\x50", 7);

}  // namespace

/// One listener and its tag.
class Server::Door final : public io::Listener::Handler {
 public:
  Door(Server& server, io::Listener::Socket socket, ListenerTag tag, io::TlsServer* tls)
      : server_(server), tag_(tag), tls_(tls), listener_(server.loop_, std::move(socket), *this) {}

  void accept_rest() { listener_.accept_rest(); }
  [[nodiscard]] int descriptor() const { return listener_.descriptor(); }
  [[nodiscard]] ListenerTag tag() const { return tag_; }
  void set_tls(io::TlsServer* tls) { tls_ = tls; }

 private:
  void on_accepted(io::UniqueFd fd) override { server_.accepted(std::move(fd), tag_, tls_); }
  void on_out_of_descriptors(io::UniqueFd refused) override {
    server_.probe_.out_of_descriptors();
    if (refused) server_.refuse(std::move(refused), tls_);
  }

  Server& server_;
  ListenerTag tag_;
  io::TlsServer* tls_;
  io::Listener listener_;
};

Server::Server(io::EventLoop& loop, ServerLimits limits, Allowance& connections, RequestHandler& handler,
               ServerProbe& probe)
    : loop_(loop),
      limits_(limits),
      allowance_(connections),
      handler_(handler),
      probe_(probe),
      request_ids_(SystemEntropy().number()),
      slow_timer_(loop, [this] { close_slow(); }) {}

Server::~Server() { loop_.forget(*this); }

void Server::listen(io::Listener::Socket socket, ListenerTag tag, io::TlsServer* tls) {
  listeners_.push_back(std::make_unique<Door>(*this, std::move(socket), tag, tls));
}

void Server::stop_listening() { listeners_.clear(); }

void Server::stop_listening(ListenerTag tag) {
  std::erase_if(listeners_, [&](auto const& door) {
    if (door->tag() != tag) return false;
    door->accept_rest();
    return true;
  });
}

std::vector<Server::Listening> Server::listening() const {
  std::vector<Listening> all;
  for (auto const& door : listeners_) all.push_back({door->tag(), door->descriptor()});
  return all;
}

void Server::expel(ListenerTag tag, Expelled which) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    auto* const connection = connections_[i].get();
    if (connection == nullptr || connection->listener() != tag) continue;
    auto const address = connection->address();
    if (which == Expelled::All || (address && !is_loopback(*address))) connection->expel();
  }
}

void Server::set_tls(ListenerTag tag, io::TlsServer* tls) {
  for (auto const& door : listeners_)
    if (door->tag() == tag) door->set_tls(tls);
}

Connection& Server::take_in(Connection::Socket socket, ListenerTag tag, Allowance::Share share) {
  if (free_places_.empty()) {
    free_places_.push_back(static_cast<std::uint32_t>(connections_.size()));
    connections_.emplace_back();
  }
  auto const place = free_places_.back();
  free_places_.pop_back();
  connections_[place] = std::make_unique<Connection>(*this, std::move(socket), place, tag, std::move(share));
  return *connections_[place];
}

void Server::accepted(io::UniqueFd fd, ListenerTag tag, io::TlsServer* tls) {
  auto share = allowance_.take();
  if (!share) {
    probe_.connection_refused();
    return refuse(std::move(fd), tls);
  }
  auto& connection = take_in({std::move(fd), tls == nullptr ? nullptr : tls->accept()}, tag, std::move(share));
  if (closing_) connection.close_when_done();
  probe_.connection_opened();
}

/// Nothing is read of it, so what it asks is not known: any answer is for the connection.
void Server::refuse(io::UniqueFd fd, io::TlsServer const* tls) {
  if (tls != nullptr) return io::farewell(std::move(fd), kNoRoom);
  ByteQueue answer;
  std::string_view const body = "503 Service Unavailable: too_many_connections\n";
  append_response(answer,
                  {.status = 503,
                   .content_type = "text/plain",
                   .fields = {},
                   .body = {&body, 1},
                   .request_id = request_ids_.next()},
                  After::Close);
  io::farewell(std::move(fd), answer.view());
}

/// Where another process has the client's socket, the connection ends with its next answer: each request that needs it is
/// passed on anew, and that process can end.
void Server::adopt(MovedConnection moved) {
  auto const after_next = closing_ || moved.origin ? After::Close : After::KeepAlive;
  auto& connection = take_in({std::move(moved.socket), std::move(moved.tls), std::move(moved.origin)}, moved.listener,
                             std::move(moved.share));
  connection.take_up(moved.unread, after_next);
}

void Server::adopt_passed(MovedConnection moved) {
  moved.share = allowance_.take();
  if (!moved.share) {
    probe_.connection_refused();
    if (moved.unread.empty()) return;  // it asks nothing, and may not take what it is told for an answer
    return refuse(std::move(moved.socket), nullptr);
  }
  probe_.connection_opened();
  adopt(std::move(moved));
}

void Server::bury(Connection& connection) {
  auto const place = connection.place();
  connection.ListHook<PhaseTag>::unlink();
  connection.ListHook<StallTag>::unlink();
  connection.ListHook<ServeTag>::unlink();
  loop_.bury(std::move(connections_[place]));
  free_places_.push_back(place);
}

void Server::serve_later(Connection& connection) {
  to_serve_.push_back(connection);
  loop_.defer(*this);
}

void Server::run_deferred() {
  while (auto* const connection = to_serve_.front()) {
    connection->ListHook<ServeTag>::unlink();
    connection->serve_buffered();
  }
}

void Server::release(Connection& connection) {
  bury(connection);
  probe_.connection_closed();
}

void Server::release_moved(Connection& connection) {
  bury(connection);
  probe_.connection_moved();
}

ExchangeId Server::next_exchange(Connection const& connection) {
  return ExchangeId{++exchanges_ << kPlaceBits | connection.place()};
}

Connection* Server::find_connection(ExchangeId id) {
  auto const place = raw(id) & kPlaceMask;
  if (id == ExchangeId{} || place >= connections_.size()) return nullptr;
  auto* const connection = connections_[place].get();
  return connection != nullptr && connection->id() == id ? connection : nullptr;
}

Exchange* Server::find(ExchangeId id) { return find_connection(id); }

void Server::close_slow_later(ExchangeId exchange) {
  if (slow_.empty()) slow_timer_.set({});
  if (slow_.empty() || slow_.back() != exchange) slow_.push_back(exchange);
}

void Server::close_slow() {
  for (auto const exchange : std::exchange(slow_, {})) {
    auto* const connection = find_connection(exchange);
    if (connection == nullptr) continue;
    probe_.slow_client_dropped();
    connection->close(RequestHandler::Gone::Slow);
  }
}

void Server::expire(Phase phase, Duration limit) {
  auto& oldest_first = phases_[static_cast<std::size_t>(phase)];
  while (auto* const connection = oldest_first.front()) {
    if (loop_.now() - connection->since() < limit) return;
    connection->on_phase_expired();
  }
}

void Server::tick() {
  tell_waiting();  // before those that made it wait are gone
  expire(Phase::Handshake, limits_.head_timeout);
  expire(Phase::Idle, limits_.keepalive_timeout);
  expire(Phase::Head, limits_.head_timeout);
  expire(Phase::Body, limits_.body_timeout);
  expire(Phase::Streaming, limits_.sse_keepalive);
  expire(Phase::Lingering, kLinger);
  while (auto* const connection = stalled_.front()) {
    if (loop_.now() - connection->stalled_since() < limits_.write_timeout) break;
    probe_.slow_client_dropped();
    connection->close(RequestHandler::Gone::Stalled);
  }
}

void Server::tell_waiting() {
  std::int64_t waiting = 0;
  stalled_.for_each([&](Connection const& connection) { waiting += static_cast<std::int64_t>(connection.queued()); });
  probe_.bytes_waiting(waiting - std::exchange(told_waiting_, waiting));
}

void Server::pass_on_idle(Process to) {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) connections_[i]->pass_on_if_idle(to);
  }
}

void Server::close_tls_after_next() {
  for (auto const& connection : connections_) {
    if (connection && connection->has_tls()) connection->close_after_next();
  }
}

void Server::close_when_done() {
  closing_ = true;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i]) connections_[i]->close_when_done();
  }
}

}  // namespace gateway::http
