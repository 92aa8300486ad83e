// The thread that writes the lines of one output.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "gateway/log/sink.h"

namespace gateway::log {

class LineSink;

/// Which lines an output takes.
struct LineFilter {
  std::optional<config::LogLevel> level{};  ///< absent: those that were at gateway.log.level
  bool is_watched = true;                   ///< and also what is for people
  [[nodiscard]] bool takes(LineMark const& line) const;
};

/// Takes pieces from any thread and writes their lines to a sink, in the order of arrival. A sink that is slow, or
/// whose reader is gone, delays nobody: what comes while too much is queued is dropped and counted, and so is what
/// cannot be written.
class LogThread {
 public:
  /// Bytes that may be queued; the piece that goes beyond it is still taken.
  static constexpr std::size_t kMaxQueued = 8 * 1024 * 1024;

  struct State {
    std::size_t dropped = 0;  ///< lines so far
    std::string trouble{};    ///< why lines are being dropped; empty while none are
  };

  explicit LogThread(std::unique_ptr<LineSink> sink, LineFilter filter = {});
  /// Writes what is queued; waits for a reader that does not read only a moment.
  ~LogThread();
  LogThread(LogThread const&) = delete;
  LogThread& operator=(LogThread const&) = delete;

  /// Whether the piece has a line for this output.
  [[nodiscard]] bool takes_any(LogPiece const& piece) const;
  /// Takes the content of the piece, which comes back empty.
  void write(LogPiece& piece);
  /// Leaves the piece as it is, for other outputs.
  void write_copy(LogPiece const& piece);
  /// Has the sink reopen its target before the next line is written.
  void reopen();

  [[nodiscard]] State state() const;

 private:
  void run();
  [[nodiscard]] bool has_room(LogPiece const& piece);
  void write_out(LogPiece const& piece);
  void reopen_sink();
  void lost(std::size_t lines, std::string const& why);

  std::unique_ptr<LineSink> sink_;
  LineFilter const filter_;
  std::size_t lost_ = 0;  ///< the thread's own: of the piece it is writing
  std::string lost_why_;  ///< the thread's own

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable arrived_;
  std::deque<LogPiece> queue_;
  std::size_t queued_bytes_ = 0;
  LogPiece spare_;  ///< written, its memory to be filled anew
  State state_;
  bool is_to_reopen_ = false;
  bool is_ending_ = false;

  std::thread thread_;  ///< last: it uses the rest
};

}  // namespace gateway::log
