// Where the lines of all loops go: one thread that writes them to stderr.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>

namespace spdlog {
class logger;
}

namespace gateway::ops {

/// Starts and ends spdlog's thread. Owned by the program's root; outlives every
/// Log. Logs on several loops may hand over to it at the same time.
class LogSink {
 public:
  LogSink();
  /// Waits until what was handed over is written.
  ~LogSink();
  LogSink(LogSink const&) = delete;
  LogSink& operator=(LogSink const&) = delete;

  /// Hands over a piece of so many lines, without the last line end. It is dropped
  /// while nobody reads those before it.
  void write(std::string_view piece, std::size_t lines);
  /// Lines dropped so far, of all loops.
  [[nodiscard]] std::size_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> dropped_{0};
  std::shared_ptr<spdlog::logger> logger_;  // spdlog's own handle
};

}  // namespace gateway::ops
