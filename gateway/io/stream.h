// A connected socket as bytes in and bytes out.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/base/byte_queue.h"
#include "gateway/base/ip_address.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/tls_session.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"

namespace gateway::io {

/// Reads what comes and tells its handler; gathers what is written and sends it
/// once, at the end of the turn, or the first of it early. The write event is
/// armed only while the peer's window is full, so that a small answer costs one
/// system call. Owned by its handler; destroying it closes the socket.
/// With a TLS session it does the same with what that makes of the bytes.
class Stream final : private Watch::Listener, public Flushable {
 public:
  enum class End { Eof, Reset };
  class Handler {
   public:
    /// Bytes that arrived; the view is valid during the call.
    virtual void on_bytes(std::string_view bytes) = 0;
    /// Nothing more will be read. The handler decides what happens to the stream.
    virtual void on_end(End end) = 0;
    /// Some or all of what was queued is on its way.
    virtual void on_sent() = 0;
    /// The TLS handshake is over, and `tls` says how. Where it failed, what the peer still sends is dropped; only then may
    /// the stream be ended here.
    virtual void on_handshake() {}

   protected:
    ~Handler() = default;
  };

  /// `tls` is null where bytes are sent as they are; one that came from another stream goes on.
  Stream(EventLoop& loop, UniqueFd fd, Handler& handler, std::unique_ptr<TlsSession> tls = nullptr);
  ~Stream() override;
  Stream(Stream const&) = delete;
  Stream& operator=(Stream const&) = delete;

  /// The output buffer. Whoever appends to it calls `touched` afterwards.
  [[nodiscard]] ByteQueue& out() { return out_; }
  void touched() { loop_.flush_later(*this); }
  /// Whether nothing waits to be sent and nothing was sent early in this turn.
  [[nodiscard]] bool may_send_early() const { return queued() == 0 && !sent_early_; }
  /// Sends the pieces, one after the other, before the turn ends: the peer goes on
  /// meanwhile, and they are not copied. What the socket does not take is queued.
  /// Only while `may_send_early`. The handler is called at the end of the turn, as
  /// always: whoever sends is in the middle of something.
  void send_early(std::span<std::string_view const> pieces);
  [[nodiscard]] std::size_t queued() const { return out_.size() + (tls_ ? tls_->unsent().size() : 0); }

  void pause_reading() { read_watch_.stop(); }
  void resume_reading();
  /// Null where there is none.
  [[nodiscard]] TlsSession const* tls() const { return tls_.get(); }
  /// Goes on without it, after a handshake that the peer did not take part in.
  void drop_tls() { tls_.reset(); }
  struct Released {
    UniqueFd socket;
    std::unique_ptr<TlsSession> tls;
  };
  /// Gives the socket away: nothing more is read from it or written to it here. Only while nothing is queued.
  [[nodiscard]] Released release();
  /// The peer's numeric address; empty when it is gone.
  [[nodiscard]] std::string remote() const;
  /// The same as a value; nothing when it is gone.
  [[nodiscard]] std::optional<IpAddress> address() const;
  /// No more will be sent: the peer sees the end once the queue is empty.
  void shutdown_write();

 private:
  void on_ready(Watch::For what) override;
  void flush() override;
  void read_once();
  void received_nothing(ssize_t result);
  void send_queued();
  void wait_until_writable();
  void wait_while_queued();
  void fail();
  // The same with TLS.
  void read_sealed();
  void flush_sealed();
  void end_with_turn();
  bool send_sealed();
  void send_early_sealed(std::span<std::string_view const> pieces);
  [[nodiscard]] bool push_sealed();
  void say_goodbye();

  EventLoop& loop_;
  Handler& handler_;
  UniqueFd fd_;
  std::unique_ptr<TlsSession> tls_;
  ByteQueue out_;
  bool sent_early_ = false;    ///< in this turn
  bool failed_early_ = false;  ///< the handler is still to be told
  bool peer_ended_ = false;    ///< with TLS: the handler is still to be told
  Watch read_watch_;
  std::optional<Watch> write_watch_;  ///< made when first needed: most streams never wait
};

}  // namespace gateway::io
