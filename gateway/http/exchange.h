// One HTTP request and the answer it is owed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/client_certificate.h"
#include "gateway/base/ids.h"
#include "gateway/base/ip_address.h"
#include "gateway/http/request_head.h"
#include "gateway/http/response.h"
#include "gateway/http/sse.h"

namespace gateway::http {

/// Which listener a connection came in by; its meaning is the program's.
enum class ListenerTag : std::uint32_t {};

/// What a request is for and what a stream is for, as the server's probe is told
/// it. Their meaning is the program's, too.
enum class RouteTag : std::uint8_t {};
enum class StreamTag : std::uint32_t {};

/// Another process that serves the same clients, while a program replaces the one before.
enum class Process : std::uint8_t {
  Former,  ///< which this one replaces
  Next,    ///< which replaces this one
};

/// Why a stream is over.
enum class StreamEnd : std::uint8_t {
  Done,          ///< there is nothing more to say on it
  Drain,         ///< the program ends
  Client,        ///< its client is gone
  Slow,          ///< more waits for its client than may
  WriteTimeout,  ///< its client took nothing for too long
};

/// A whole request. Views into the connection's buffer, valid during
/// RequestHandler::on_request only.
struct Request {
  RequestHead const& head;
  std::string_view body;
  ListenerTag listener{};
  std::string_view request_id;  ///< the client's own, or one that was made
};

/// Observes one exchange, however it ends. Destroyed when the exchange is over.
class ExchangeWatcher {
 public:
  ExchangeWatcher() = default;
  ExchangeWatcher(ExchangeWatcher const&) = delete;
  ExchangeWatcher& operator=(ExchangeWatcher const&) = delete;
  virtual ~ExchangeWatcher() = default;
  /// The answer has begun: all of it is queued, or its stream is open.
  virtual void on_answered(int status) = 0;
};

/// What was worked out of something that the requests of a connection have in common, as its owner likes.
struct Memo {
  std::string of{};
  std::array<unsigned char, 32> result{};
};

/// The answer side of one request. Answer it whole with `respond`, or open a
/// stream, write events and end it. Found again by its id as long as the client
/// is there and the answer is not complete.
/// Nothing here calls its caller back: the connection's next request is served, and
/// a client that does not read is given up, later, with no callback on the call stack.
class Exchange {
 public:
  [[nodiscard]] virtual ExchangeId id() const = 0;

  /// The owner's key of the exchange; passed to on_gone.
  virtual void set_context(std::uint64_t context) = 0;

  /// What the request is for; RouteTag{} by default.
  virtual void set_route(RouteTag route) = 0;

  /// Sets its only observer.
  virtual void watch(std::unique_ptr<ExchangeWatcher> watcher) = 0;

  /// Where its client connects from, as a numeric address; empty when it is gone.
  [[nodiscard]] virtual std::string remote() const = 0;
  /// The same as a value; nothing when it is gone.
  [[nodiscard]] virtual std::optional<IpAddress> address() const = 0;

  /// Of a client that has shown one, with TLS; null for others.
  [[nodiscard]] virtual ClientCertificate const* certificate() const = 0;

  /// The connection's, empty at first.
  [[nodiscard]] virtual Memo& memo() = 0;

  /// The whole answer; ends the exchange.
  virtual void respond(Response const& response) = 0;

  /// Instead of an answer: another process serves the request, and what follows on the connection. `request` is the
  /// whole of it, as it would be sent. Ends the exchange.
  virtual void pass_on(Process to, std::string request) = 0;

  /// 200 and an event stream. `fields` are further header lines.
  virtual void open_stream(std::string_view fields, StreamTag stream) = 0;
  virtual void send_event(Event const& event) = 0;
  virtual void send_comment(std::string_view text) = 0;
  virtual void send_retry(int milliseconds) = 0;
  /// Ends the stream; the connection is used again where the client may.
  virtual void end_stream(StreamEnd why) = 0;

  /// Bytes that wait for the client to take them.
  [[nodiscard]] virtual std::size_t queued() const = 0;

 protected:
  ~Exchange() = default;
};

/// Answers requests.
class RequestHandler {
 public:
  /// Answers now, or keeps the exchange's id and answers later.
  virtual void on_request(Exchange& exchange, Request const& request) = 0;

  /// The client of an unfinished exchange is gone, or was too slow to keep: too much
  /// waited for it (Slow), or it took nothing for too long (Stalled).
  enum class Gone : std::uint8_t { Client, Slow, Stalled, Shutdown };
  virtual void on_gone(ExchangeId id, std::uint64_t context, Gone why) = 0;

  /// A client was not let in during the TLS handshake: it showed no certificate, or one that is not accepted. `why` is
  /// for the log, `remote` its address.
  virtual void on_uncertified(std::string_view reason, std::string_view why, std::string_view remote) {
    (void)reason, (void)why, (void)remote;
  }

 protected:
  ~RequestHandler() = default;
};

}  // namespace gateway::http
