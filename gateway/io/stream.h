// A connected socket as bytes in and bytes out.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/base/byte_queue.h"
#include "gateway/base/ip_address.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"

namespace gateway::io {

/// Reads what comes and tells its handler; gathers what is written and sends it
/// once, at the end of the turn, or the first of it early. The write event is
/// armed only while the peer's window is full, so that a small answer costs one
/// system call. Owned by its handler; destroying it closes the socket.
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

   protected:
    ~Handler() = default;
  };

  Stream(EventLoop& loop, UniqueFd fd, Handler& handler);
  ~Stream() override;
  Stream(Stream const&) = delete;
  Stream& operator=(Stream const&) = delete;

  /// The output buffer. Whoever appends to it calls `touched` afterwards.
  [[nodiscard]] ByteQueue& out() { return out_; }
  void touched() { loop_.flush_later(*this); }
  /// Whether nothing waits to be sent and nothing was sent early in this turn.
  [[nodiscard]] bool may_send_early() const { return out_.empty() && !sent_early_; }
  /// Sends the pieces, one after the other, before the turn ends: the peer goes on
  /// meanwhile, and they are not copied. What the socket does not take is queued.
  /// Only while `may_send_early`. The handler is called at the end of the turn, as
  /// always: whoever sends is in the middle of something.
  void send_early(std::span<std::string_view const> pieces);
  [[nodiscard]] std::size_t queued() const { return out_.size(); }

  void pause_reading() { read_watch_.stop(); }
  void resume_reading();
  /// Gives the socket away: nothing more is read from it or written to it here.
  [[nodiscard]] UniqueFd release();
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
  void send_queued();
  void wait_until_writable();
  void fail();

  EventLoop& loop_;
  Handler& handler_;
  UniqueFd fd_;
  ByteQueue out_;
  bool sent_early_ = false;    ///< in this turn
  bool failed_early_ = false;  ///< the handler is still to be told
  Watch read_watch_;
  std::optional<Watch> write_watch_;  ///< made when first needed: most streams never wait
};

}  // namespace gateway::io
