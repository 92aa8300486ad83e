// The pipes to a child: the queue for its stdin, and what it wrote to stdout and stderr.
#pragma once

#include <string_view>

#include "gateway/base/byte_queue.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"

namespace gateway::io {

/// Our end of a child's stdin. What is queued in a turn is sent in one write at
/// its end, and the rest as the child reads. A child that closed its stdin is a
/// normal case: the queue is discarded and nothing more is accepted.
class InputPipe final : public Flushable, private Watch::Listener {
 public:
  class Listener {
   public:
    /// The child closed its stdin without having been asked to end.
    virtual void on_broken() = 0;

   protected:
    ~Listener() = default;
  };

  InputPipe(EventLoop& loop, UniqueFd pipe, std::size_t limit, Listener& listener);
  ~InputPipe() override;
  InputPipe(InputPipe const&) = delete;
  InputPipe& operator=(InputPipe const&) = delete;

  /// False, and nothing queued, when it does not accept.
  [[nodiscard]] bool write(std::string_view bytes);
  [[nodiscard]] bool accepts() const { return state_ == State::Open && queue_.size() <= limit_; }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }

  /// Accepts nothing more and closes once the queue is written.
  void finish();
  /// Closes now and discards the queue.
  void close();

 private:
  enum class State { Open, Finishing, Closed };

  void flush() override;
  void on_ready(Watch::For what) override;
  void write_queue();

  EventLoop& loop_;
  Listener& listener_;
  std::size_t const limit_;
  State state_ = State::Open;
  ByteQueue queue_;
  UniqueFd pipe_;
  Watch writable_;
};

/// Our end of a child's stdout or stderr. One read a turn, of the loop's scratch
/// buffer at most, so that a child that floods cannot starve others.
class OutputPipe final : private Watch::Listener {
 public:
  class Listener {
   public:
    virtual void on_bytes(OutputPipe& from, std::string_view bytes) = 0;
    /// Every writer has closed its end, or the pipe broke.
    virtual void on_end(OutputPipe& of) = 0;

   protected:
    ~Listener() = default;
  };

  OutputPipe(EventLoop& loop, UniqueFd pipe, Listener& listener);
  OutputPipe(OutputPipe const&) = delete;
  OutputPipe& operator=(OutputPipe const&) = delete;

  /// No more callbacks: the child has exited and the rest is read
  /// by `last_bytes`. What the child wrote fits into the pipe, so no
  /// more than that is returned, even if another process keeps writing.
  void writer_died();
  /// The next part of the rest; empty when there is no more.
  [[nodiscard]] std::string_view last_bytes();

 private:
  void on_ready(Watch::For what) override;
  void close();

  EventLoop& loop_;
  Listener& listener_;
  std::size_t rest_ = 0;
  UniqueFd pipe_;
  Watch readable_;
};

}  // namespace gateway::io
