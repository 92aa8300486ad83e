// The sinks of spdlog that log lines end in. Includes spdlog, so include this where sinks are made or written to only.
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "gateway/config/config.h"
#include "gateway/log/form.h"

namespace gateway::log {

/// Thrown when a message was not written, or only its front.
class CutShort final : public spdlog::spdlog_ex {
 public:
  CutShort(std::size_t written, std::string const& why) : spdlog_ex(why), written_(written) {}
  /// So many bytes of the message were.
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  std::size_t written_;
};

/// A sink of spdlog that throws when it cannot write, and never waits for a reader once the program ends. A message is
/// one whole line or several, with their ends, written as it is. All but `end` is called by one thread.
class LineSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  /// How many bytes of lines a message may have; 0 means a single line.
  [[nodiscard]] std::size_t message_bytes() const { return message_bytes_; }
  /// Opens the target anew: it may have been moved away.
  virtual void reopen() {}
  /// The program ends: waits for nobody longer than a moment.
  void end() { is_ending_ = true; }

 protected:
  explicit LineSink(std::size_t message_bytes) : base_sink(nullptr), message_bytes_(message_bytes) {}

  /// False when nobody reads and the program ends.
  [[nodiscard]] bool wait_until_writable(int fd);

  void flush_() override {}

 private:
  std::size_t message_bytes_;
  std::atomic<bool> is_ending_ = false;
  bool gave_up_ = false;
};

/// Writes to `fd`, which stays open and is not made non-blocking: others may share it. Ends a line that a full disk cut
/// before it writes the next.
[[nodiscard]] std::unique_ptr<LineSink> make_descriptor_sink(int fd);

/// Writes to a file, and rotates it. Throws when it cannot be opened.
[[nodiscard]] std::unique_ptr<LineSink> make_file_sink(config::LogOutput const& output);

/// Writes to the socket of syslog. One that is not there is tried again with every line.
[[nodiscard]] std::unique_ptr<LineSink> make_syslog_sink(std::string const& path);

/// Writes to the socket of systemd's journal. Lines of `form` Journal become fields, others the message.
[[nodiscard]] std::unique_ptr<LineSink> make_journal_sink(std::string const& path, Form form);

}  // namespace gateway::log
