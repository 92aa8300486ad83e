// A socket between two processes of the program: messages with descriptors.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"

namespace gateway::io {

/// One of a socket pair that keeps the bounds of messages (SOCK_SEQPACKET). Owned by whoever talks to the other process.
class ProcessChannel final : private Watch::Listener {
 public:
  /// A text of at most kMostText bytes, and descriptors, of which the receiver gets its own copies.
  struct Message {
    std::string text;
    std::vector<UniqueFd> descriptors{};
  };
  static constexpr std::size_t kMostText = 64 * 1024;
  static constexpr std::size_t kMostDescriptors = 2;

  class Handler {
   public:
    virtual void on_message(Message message) = 0;
    /// The other process has closed its end, or has ended. Nothing more is sent or received. The handler does not destroy
    /// the channel in here, nor in `on_message`.
    virtual void on_closed() = 0;

   protected:
    ~Handler() = default;
  };

  /// Two ends. Neither is inherited by programs that are executed.
  static Result<std::pair<UniqueFd, UniqueFd>> pair();

  ProcessChannel(EventLoop& loop, UniqueFd socket, Handler& handler);
  ProcessChannel(ProcessChannel const&) = delete;
  ProcessChannel& operator=(ProcessChannel const&) = delete;

  /// Never blocks: what the other process has no room for waits here. Dropped once the channel is closed.
  void send(Message message);

  /// The other process has ended: hands on what it has sent, and closes, whoever else may hold its end.
  void finish();

  /// The next message, waiting for it without a loop; nothing when none comes within `patience`, or the other end is
  /// closed.
  static std::optional<Message> receive(int socket, Duration patience);

 private:
  void on_ready(Watch::For what) override;
  void send_waiting();
  void close();

  UniqueFd socket_;
  Handler& handler_;
  std::deque<Message> waiting_;
  Watch read_watch_;
  Watch write_watch_;
  bool closed_ = false;
};

}  // namespace gateway::io
