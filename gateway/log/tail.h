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

/// Keeps rare lines: starts, exits, warnings, stderr of children, but no records of calls. The number is limited for
/// each service, so that one that writes a lot does not evict the others' lines. May be used from any thread.
class LogTail {
 public:
  static constexpr std::size_t kLines = 100;         ///< of each service, and of the gateway
  static constexpr std::size_t kMaxLine = 2 * 1024;  ///< longer ones are truncated
  static constexpr std::size_t kMaxServices = 256;

  /// `service` is empty for lines about the gateway itself.
  void keep(std::string_view service, std::string_view line);

  /// The last `count` lines in the order they were written: of one service, or all lines if `service` is empty.
  [[nodiscard]] std::vector<std::string> last(std::string_view service, std::size_t count) const;

 private:
  struct Line {
    std::uint64_t number = 0;
    std::string text;
  };

  mutable std::mutex mutex_;  ///< guards what follows
  std::map<std::string, std::deque<Line>, std::less<>> lines_;
  std::uint64_t written_ = 0;
};

}  // namespace gateway::log
