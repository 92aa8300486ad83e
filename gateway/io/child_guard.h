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
///
/// One for all loops, since waiting for any child is a matter of the process: its
/// functions may be called from several threads. They wait for each other, but
/// only where a child starts or ends.
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
  /// How the entry begins that every child has in its environment.
  [[nodiscard]] std::string const& entry_front() const;

  /// Kills every process that carries `mark`. Returns at once.
  void sweep(std::string_view mark);

  /// Reaps adopted orphans that have ended, leaving the pids of live
  /// ChildProcess objects to them. Cheap; called again and again.
  void reap_orphans();

  /// While one lives a child is being started: it may end before it is expected,
  /// so nobody is reaped.
  class Starting {
   public:
    explicit Starting(ChildGuard& guard);
    ~Starting();
    Starting(Starting const&) = delete;
    Starting& operator=(Starting const&) = delete;

   private:
    ChildGuard& guard_;
  };

  /// ChildProcess tells which pids are its own to wait for.
  void expect(int pid);
  void forget(int pid);

 private:
  struct Impl;
  explicit ChildGuard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::io
