// The thread that writes log lines to stderr.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>

#include "gateway/base/byte_queue.h"
#include "gateway/log/sink.h"

namespace gateway::log {

/// Takes lines in pieces from any thread, without a copy, and writes them in the
/// order of arrival. A reader that is slow, or gone, holds up nobody: what comes
/// while too much waits is dropped, and counted, and so is what cannot be written,
/// since the disk is full. The line that was cut there is ended when there is room
/// again: the next one is whole.
class LogThread final : public LogSink {
 public:
  /// What may wait to be written; the piece that goes beyond it is still taken.
  static constexpr std::size_t kMaxWaiting = 8 * 1024 * 1024;

  /// Writes to `fd`, which stays open and is not made non-blocking: others may
  /// share it.
  explicit LogThread(int fd);
  /// Waits until all is written, at most a moment where nobody reads.
  ~LogThread();
  LogThread(LogThread const&) = delete;
  LogThread& operator=(LogThread const&) = delete;

  void write(ByteQueue& piece, std::size_t lines) override;

  /// Lines dropped so far.
  [[nodiscard]] std::size_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Piece {
    ByteQueue bytes;
    std::size_t lines = 0;
  };

  void run();
  [[nodiscard]] std::size_t write_out(Piece const& piece);
  [[nodiscard]] std::size_t write_bytes(std::string_view bytes);
  [[nodiscard]] bool wait_until_writable();

  int const fd_;
  bool const may_block_;  ///< a pipe, a terminal or a socket: somebody has to read
  std::atomic<std::size_t> dropped_ = 0;

  std::mutex mutex_;  ///< of what follows
  std::condition_variable arrived_;
  std::deque<Piece> waiting_;
  std::size_t waiting_bytes_ = 0;
  ByteQueue spare_ = new_piece();  ///< written, its memory to be filled anew
  bool ending_ = false;

  bool gave_up_ = false;  ///< the thread's own: nobody reads, and the program ends
  bool cut_ = false;      ///< the thread's own: what was written last is not the end of a line
  std::thread thread_;    ///< last: it uses the rest
};

}  // namespace gateway::log
