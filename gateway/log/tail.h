// The last lines that were logged, for the status page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::log {

/// Keeps what is rare: starts, ends, warnings, what children wrote to stderr. Records
/// of calls are not kept, of which there may be any number. Each service has lines of
/// its own, so that one that writes much does not push out the others'. May be used
/// from any thread.
class LogTail {
 public:
  static constexpr std::size_t kLines = 100;         ///< of each service, and of what is about none
  static constexpr std::size_t kMaxLine = 2 * 1024;  ///< a longer one is cut
  static constexpr std::size_t kMaxServices = 256;

  /// `service` is empty for what is about the gateway itself.
  void keep(std::string_view service, std::string_view line);

  /// The last `count` lines in the order they were written: of one service, or of all
  /// and the gateway where `service` is empty.
  [[nodiscard]] std::vector<std::string> last(std::string_view service, std::size_t count) const;

 private:
  struct Line {
    std::uint64_t number = 0;
    std::string text;
  };

  mutable std::mutex mutex_;  ///< of what follows
  std::map<std::string, std::deque<Line>, std::less<>> lines_;
  std::uint64_t written_ = 0;
};

}  // namespace gateway::log
