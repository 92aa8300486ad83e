// The HTTP server: its listeners and the connections they brought.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/allowance.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/base/turn.h"
#include "gateway/http/connection.h"
#include "gateway/http/exchange.h"
#include "gateway/http/mover.h"
#include "gateway/http/request_id.h"
#include "gateway/io/listener.h"
#include "gateway/io/tls_server.h"
#include "gateway/io/watch.h"

namespace gateway::http {

/// Bounds of one server, all of them configuration.
struct ServerLimits {
  HeadLimits head;
  std::size_t max_body_bytes = 4u << 20;
  std::size_t max_queue_bytes = 8u << 20;  ///< what may wait for a slow client before one more message
  Duration head_timeout = seconds(10);
  Duration body_timeout = seconds(30);
  Duration keepalive_timeout = seconds(100);
  Duration write_timeout = seconds(30);
  Duration sse_keepalive = seconds(15);
};

/// Whether a handshake went on with the keys of an earlier one.
enum class Resumed { No, Yes };

/// Receives what the server counts. Implemented by the metrics layer.
class ServerProbe {
 public:
  virtual ~ServerProbe() = default;
  virtual void connection_opened() {}
  virtual void connection_closed() {}
  virtual void connection_refused() {}  ///< the limit was reached
  virtual void connection_moved() {}    ///< to another server of the program
  /// A TLS handshake is over. `version` is 1.2 or 1.3; `how` it failed: plain_http, not_tls, no_certificate,
  /// bad_certificate, failed, timeout or client_left.
  virtual void handshake_done(std::string_view version, Resumed resumed) { (void)version, (void)resumed; }
  virtual void handshake_failed(std::string_view how) { (void)how; }
  virtual void out_of_descriptors() {}  ///< a connection was refused, or none could be accepted
  virtual void request_refused(int status, std::string_view reason) { (void)status, (void)reason; }
  virtual void answered(RouteTag route, int status) { (void)route, (void)status; }
  virtual void stream_opened(StreamTag stream) { (void)stream; }
  virtual void stream_closed(StreamTag stream, StreamEnd why) { (void)stream, (void)why; }
  /// Change of the bytes buffered for clients since the last report. Once a second.
  virtual void bytes_waiting(std::int64_t more) { (void)more; }
  virtual void slow_client_dropped() {}
};

/// Owned by the program's root. One handler answers all listeners' requests and
/// tells them apart by their tags.
class Server : private Deferred {
 public:
  /// `connections` may be shared with other servers.
  Server(io::EventLoop& loop, ServerLimits limits, Allowance& connections, RequestHandler& handler, ServerProbe& probe);
  ~Server() override;

  /// `tls` outlives the listener; null for plain HTTP.
  void listen(io::Listener::Socket socket, ListenerTag tag, io::TlsServer* tls = nullptr);
  void stop_listening();
  /// The same for one listener: connections that came by it stay.
  void stop_listening(ListenerTag tag);
  /// The sockets that listen: copies of them may go on when these are closed.
  struct Listening {
    ListenerTag tag{};
    int descriptor = -1;
  };
  [[nodiscard]] std::vector<Listening> listening() const;
  /// Whose connections are closed: of a listener, all, or those from other machines.
  enum class Expelled { All, Others };
  /// What they were let in by holds no more: nothing that comes on them is served. Streams that are open stay.
  void expel(ListenerTag tag, Expelled which);
  /// What connections of a listener are opened with from now on; null for plain HTTP.
  void set_tls(ListenerTag tag, io::TlsServer* tls);
  /// From now on, also for connections that are open.
  void set_limits(ServerLimits const& limits) { limits_ = limits; }

  /// A connection that came in by a listener, or was made elsewhere. It is closed where
  /// no more are allowed.
  void accepted(io::UniqueFd fd, ListenerTag tag, io::TlsServer* tls = nullptr);

  /// Takes what leaves from now on. Where there are `several` servers it is asked of each request which one serves it.
  void set_mover(Mover& mover, bool several) { mover_ = &mover, several_ = several; }
  /// Goes on with a connection of another server.
  void adopt(MovedConnection moved);
  /// The same, of another process: it is refused where no more are allowed.
  void adopt_passed(MovedConnection moved);

  /// The exchange, while its client is there and it is not answered.
  [[nodiscard]] Exchange* find(ExchangeId id);

  /// Closes what has exceeded a timeout. Once a second.
  void tick();

  /// Every connection ends after the answer it is giving.
  void close_when_done();
  /// Every idle connection without TLS goes on at another process, nothing of it being lost.
  void pass_on_idle(Process to);
  /// Connections with TLS cannot go on at another process: they end after their next answer, or the one they are giving.
  void close_tls_after_next();
  [[nodiscard]] std::size_t connections() const { return connections_.size() - free_places_.size(); }

  // For Connection only.
  [[nodiscard]] io::EventLoop& loop() { return loop_; }
  [[nodiscard]] ServerLimits const& limits() const { return limits_; }
  [[nodiscard]] RequestHandler& handler() { return handler_; }
  [[nodiscard]] ServerProbe& probe() { return probe_; }
  [[nodiscard]] Mover* mover() { return mover_; }
  [[nodiscard]] bool has_several() const { return several_; }
  [[nodiscard]] RequestIds& request_ids() { return request_ids_; }
  [[nodiscard]] RequestHead& scratch_head() { return scratch_head_; }
  [[nodiscard]] ExchangeId next_exchange(Connection const& connection);
  void list(Connection& connection, Phase phase) { phases_[static_cast<std::size_t>(phase)].push_back(connection); }
  void list_stalled(Connection& connection) { stalled_.push_back(connection); }
  /// Whether bytes wait for some client to take them.
  [[nodiscard]] bool sending() const { return !stalled_.empty(); }
  /// Has the connection serve what it has buffered, later in this turn.
  void serve_later(Connection& connection);
  void release(Connection& connection);
  /// As `release`, of a connection that goes on at another server.
  void release_moved(Connection& connection);
  /// The exchange's client reads too slowly: it is closed in the next turn.
  void close_slow_later(ExchangeId exchange);

 private:
  class Door;
  void refuse(io::UniqueFd fd, io::TlsServer const* tls);
  Connection& take_in(Connection::Socket socket, ListenerTag tag, Allowance::Share share);
  void run_deferred() override;
  void bury(Connection& connection);
  void expire(Phase phase, Duration limit);
  [[nodiscard]] Connection* find_connection(ExchangeId id);
  void close_slow();
  void tell_waiting();

  io::EventLoop& loop_;
  ServerLimits limits_;
  Allowance& allowance_;
  RequestHandler& handler_;
  ServerProbe& probe_;
  Mover* mover_ = nullptr;
  bool several_ = false;
  RequestHead scratch_head_;
  RequestIds request_ids_;
  std::uint64_t exchanges_ = 0;
  bool closing_ = false;
  std::array<IntrusiveList<Connection, PhaseTag>, kPhases> phases_;
  IntrusiveList<Connection, StallTag> stalled_;
  IntrusiveList<Connection, ServeTag> to_serve_;
  std::int64_t told_waiting_ = 0;
  std::vector<ExchangeId> slow_;
  io::Timer slow_timer_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::uint32_t> free_places_;
  std::vector<std::unique_ptr<Door>> listeners_;
};

}  // namespace gateway::http
