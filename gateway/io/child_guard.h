// What makes sure that no descendant of a child outlives its run, even when the
// gateway itself is killed with SIGKILL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/io/event_loop.h"

namespace gateway::io {

/// Every child carries one environment variable, MCP_GATEWAY_CHILD=<mark>, that
/// its descendants inherit even when they leave its process group and session.
/// The guard is a small process, forked before the program has threads, that
/// holds one end of a socket pair: told a mark, it kills every process that
/// carries it; when the other end closes without a goodbye (the gateway was
/// killed), it lets children go by themselves for a moment (their stdin is
/// closed now) and then kills all that carry this instance's marks. A guard that
/// was killed is replaced; without one the gateway sweeps itself.
/// The gateway is the subreaper of its descendants and reaps those that are
/// orphaned. Owned by the program's root, outlives every child.
class ChildGuard {
 public:
  /// Forks the guard. To be called once, early, from a single thread.
  static Result<std::unique_ptr<ChildGuard>> start();
  /// Says goodbye and waits until the guard has swept and is gone.
  ~ChildGuard();
  ChildGuard(ChildGuard const&) = delete;
  ChildGuard& operator=(ChildGuard const&) = delete;

  /// The name of the variable and a mark never given before.
  static constexpr std::string_view kVariable = "MCP_GATEWAY_CHILD";
  [[nodiscard]] std::string new_mark();

  /// Kills every process that carries `mark`. Returns at once.
  void sweep(std::string_view mark);

  /// Reaps adopted orphans that have ended, leaving the pids of live
  /// ChildProcess objects to them. Cheap; called from the janitor's timer.
  void reap_orphans();

  /// ChildProcess tells which pids are its own to wait for.
  void expect(int pid);
  void forget(int pid);

 private:
  struct Impl;
  explicit ChildGuard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::io
