// Resource usage of marked processes, from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"

namespace gateway::io {

/// One process at one moment.
struct ProcessUsage {
  pid_t pid = 0;
  std::uint64_t start = 0;    ///< tells it from others that had its pid before
  Duration cpu{};             ///< its own
  Duration ended_children{};  ///< CPU of the children it has waited for, and of theirs
  std::uint64_t memory =
      0;  ///< bytes: its own and its share of what it shares (PSS); resident ones where that is not told
  std::uint64_t fds = 0;
  std::uint64_t threads = 0;
};

/// The processes whose environment has an entry that begins with `front`, by that
/// entry. Takes milliseconds where they are many or large.
[[nodiscard]] std::map<std::string, std::vector<ProcessUsage>, std::less<>> read_marked_usage(std::string_view front);

/// Adds up the CPU time of the processes of one tree from sample to sample. The time of a
/// process that exited stays in the sum; that of one that started and exited between two
/// samples is included in its parent's. Only the time since the last sample of a process that
/// no parent in the tree waited for is lost.
class TreeCpu {
 public:
  /// `now`: all processes of the tree. Returns the total, which never decreases.
  Duration look(std::vector<ProcessUsage> const& now);

 private:
  using Process = std::pair<pid_t, std::uint64_t>;
  struct Seen {
    Duration cpu{};
    Duration ended_children{};
  };
  std::map<Process, Seen> seen_;  ///< in the last look
  Duration total_{};
};

}  // namespace gateway::io
