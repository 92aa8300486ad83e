// One client connection: its requests in order, one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/allowance.h"
#include "gateway/base/byte_queue.h"
#include "gateway/base/clock.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/request_id.h"
#include "gateway/http/chunked.h"
#include "gateway/http/exchange.h"
#include "gateway/http/mover.h"
#include "gateway/io/stream.h"

namespace gateway::http {

class Server;

struct PhaseTag;
struct StallTag;
struct ServeTag;

/// Where a connection stands. Each phase is a list of the server's, in the order
/// of entry, so that its oldest is always at the front.
enum class Phase : std::uint8_t {
  Handshake,  ///< of TLS
  Idle,       ///< between requests
  Head,       ///< some of a head has come
  Body,       ///< a head has come, its body not yet
  Handling,   ///< a request is being answered; what follows it waits
  Streaming,  ///< the answer is an open event stream
  Leaving,    ///< its next request is another server's or process's; what it was answered is still being sent
  Lingering,  ///< the last answer is out; what the client still sends is dropped
  Closed,
};
inline constexpr std::size_t kPhases = static_cast<std::size_t>(Phase::Closed) + 1;

/// Owned by the Server from accept to close; then buried, since it is on the
/// stack when it ends.
class Connection final : public Mortal,
                         public ListHook<PhaseTag>,
                         public ListHook<StallTag>,
                         public ListHook<ServeTag>,
                         public Exchange,
                         private io::Stream::Handler {
 public:
  /// What it is made of.
  struct Socket {
    io::UniqueFd fd;
    std::unique_ptr<io::TlsSession> tls{};  ///< null without TLS
    std::optional<Origin> origin{};         ///< nothing where it is the client's own
  };
  /// `share` is given back when its socket is closed, unless it moves.
  Connection(Server& server, Socket socket, std::uint32_t place, ListenerTag listener, Allowance::Share share);

  /// Continues where another server left off, beginning with the bytes it did not process.
  void take_up(std::string_view unread, After after_next);

  [[nodiscard]] std::uint32_t place() const { return place_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  /// When it entered its phase, or last sent something in it.
  [[nodiscard]] TimePoint since() const { return since_; }
  /// When it last got rid of bytes while more were waiting.
  [[nodiscard]] TimePoint stalled_since() const { return stalled_since_; }

  /// Serves the requests that came while an answer was owed.
  void serve_buffered();
  /// Its phase took too long: a status where one can still be sent, else the end.
  void on_phase_expired();
  /// The one way a connection ends.
  void close(RequestHandler::Gone why);
  /// Ends after the answer under way; an idle one ends now.
  void close_when_done();
  /// The same, but an idle one ends after its next answer.
  void close_after_next() { close_after_ = true; }
  /// One that waits for a request, or for the rest of one, goes on at another process. Others stay, and those with TLS.
  void pass_on_if_idle(Process to);
  /// Closes it unless a request is being answered, and else after that: nothing that comes on it is served any more.
  void expel();
  [[nodiscard]] ListenerTag listener() const { return listener_; }
  [[nodiscard]] bool has_tls() const { return stream_.tls() != nullptr; }

  // Exchange
  [[nodiscard]] ExchangeId id() const override { return exchange_; }
  void set_context(std::uint64_t context) override { context_ = context; }
  void set_route(RouteTag route) override { route_ = route; }
  void watch(std::unique_ptr<ExchangeWatcher> watcher) override { watcher_ = std::move(watcher); }
  [[nodiscard]] std::string remote() const override;
  [[nodiscard]] std::optional<IpAddress> address() const override;
  [[nodiscard]] Memo& memo() override { return memo_; }
  [[nodiscard]] ClientCertificate const* certificate() const override;
  void respond(Response const& response) override;
  void pass_on(Process to, std::string request) override;
  void open_stream(std::string_view fields, StreamTag stream) override;
  void send_event(Event const& event) override;
  void send_comment(std::string_view text) override;
  void send_retry(int milliseconds) override;
  void end_stream(StreamEnd why) override;
  [[nodiscard]] std::size_t queued() const override { return stream_.queued(); }

 private:
  enum class Progress { Stuck, Again };

  // io::Stream::Handler
  void on_bytes(std::string_view bytes) override;
  void on_end(io::Stream::End end) override;
  void on_sent() override;
  void on_handshake() override;

  void handshake_failed(std::string_view how);
  void enter(Phase phase);
  Progress serve(std::string_view& bytes);
  Progress read_head(std::string_view& bytes);
  Progress read_body(std::string_view& bytes);
  Progress leave(std::size_t to, std::string_view unread);
  [[nodiscard]] MovedConnection moved(std::string unread);
  void depart();
  Progress refuse(int status, std::string_view reason);
  void dispatch_kept_head(std::string_view body);
  void dispatch(RequestHead const& head, std::string_view body);
  void exchange_done();
  void finish_writing();
  void wrote();

  Server& server_;
  Allowance::Share share_;  ///< above the socket: given back when that is closed
  io::Stream stream_;
  std::uint32_t place_;
  ListenerTag listener_;
  Phase phase_ = Phase::Idle;
  bool chunked_reply_ = true;  ///< the client's version knows chunks
  bool close_after_ = false;   ///< this answer is the last
  bool head_only_ = false;     ///< HEAD: the body is left out
  bool serving_ = false;       ///< serve_buffered is on the stack
  bool shut_ = false;          ///< our side is shut down
  bool too_slow_ = false;      ///< an event was left out: the connection is about to be closed
  ExchangeId exchange_{};
  std::uint64_t context_ = 0;
  RouteTag route_{};                          ///< of the request under way
  StreamTag stream_tag_{};                    ///< in Streaming
  std::unique_ptr<ExchangeWatcher> watcher_;  ///< of the exchange; nearly always none
  RequestId request_id_;                      ///< of the request that is answered
  TimePoint since_;
  TimePoint stalled_since_;

  ByteQueue in_;                ///< bytes that came and are not used; empty for most
  std::size_t scanned_ = 0;     ///< of in_, searched for the end of a head
  std::string head_text_;       ///< in Body: the head, to be read again when the body is whole
  std::size_t body_bytes_ = 0;  ///< in Body, without chunks: what the head announced
  struct ChunkedBody {
    ChunkedDecoder decoder;
    ByteQueue bytes;
  };
  std::unique_ptr<ChunkedBody> chunked_body_;
  struct Departure {
    Process to;
    std::string request;
  };
  std::unique_ptr<Departure> departure_;  ///< in Leaving: to another process
  std::unique_ptr<Origin const> origin_;  ///< null for most: the socket is the client's own
  Memo memo_;
};

}  // namespace gateway::http
