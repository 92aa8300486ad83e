// Samples the resource usage of children and their descendants periodically.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "gateway/base/clock.h"
#include "gateway/io/process_usage.h"

namespace gateway::io {

/// The sum over the processes of one child.
struct TreeUsage {
  Duration cpu{};  ///< since the child was started, also of those that have ended; never falls
  std::uint64_t memory = 0;
  std::uint64_t fds = 0;
  std::uint64_t threads = 0;
  std::uint64_t processes = 0;
};

/// Reads /proc in a thread of its own, of low priority: a sample opens several files
/// of every process of the machine, and adding up the memory of a browser takes
/// the kernel milliseconds, during which a loop would serve no client.
/// Owned by the program's root; outlives every child.
class ProcessSampler {
 public:
  /// Children are known by an entry of their environment that begins with `front`.
  explicit ProcessSampler(std::string front) : front_(std::move(front)) {}
  ~ProcessSampler();
  ProcessSampler(ProcessSampler const&) = delete;
  ProcessSampler& operator=(ProcessSampler const&) = delete;

  /// The first sample is taken after `every`. Unless called, there are no samples.
  void start(Duration every);

  /// The child with that entry, in the last sample; all zero before its first.
  /// From any thread.
  [[nodiscard]] TreeUsage of(std::string_view entry) const;

 private:
  struct Tree {
    TreeCpu cpu;
    TreeUsage usage;
  };
  void run(Duration every);
  void look();

  std::string const front_;
  mutable std::mutex mutex_;  ///< of what follows
  std::condition_variable end_;
  bool ending_ = false;
  std::map<std::string, Tree, std::less<>> trees_;  ///< by entry, those of the last look
  std::thread thread_;                              ///< last: it uses the rest
};

}  // namespace gateway::io
