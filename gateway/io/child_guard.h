// Ensures that no descendant of a child outlives it, even if the gateway is SIGKILLed.
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
/// holds one end of a socket pair: when it is sent a mark, it kills every process that
/// carries it; when the other end closes without a goodbye (the gateway was
/// killed), it gives children a moment to exit (their stdin is
/// closed now) and then kills all that carry this instance's marks. A guard that
/// was killed is replaced; without a guard the gateway sweeps itself.
/// The gateway is the subreaper of its descendants and reaps those that are
/// orphaned. Owned by the program's root, outlives every child.
///
/// One for all loops, since waiting for any child concerns the whole process. Its
/// functions may be called from several threads; they only block each other
/// while a child starts or ends.
class ChildGuard {
 public:
  /// Forks the guard. To be called once, early, from a single thread.
  static Result<std::unique_ptr<ChildGuard>> start();
  /// Sends the goodbye and waits until the guard has swept and exited.
  ~ChildGuard();
  ChildGuard(ChildGuard const&) = delete;
  ChildGuard& operator=(ChildGuard const&) = delete;

  /// The name of the variable, and a mark that was never used before.
  static constexpr std::string_view kVariable = "MCP_GATEWAY_CHILD";
  [[nodiscard]] std::string new_mark();
  /// The prefix of the entry that every child has in its environment.
  [[nodiscard]] std::string const& entry_front() const;

  /// Kills every process that carries `mark`. Returns at once.
  void sweep(std::string_view mark);

  /// Reaps adopted orphans that have ended, leaving the pids of live
  /// ChildProcess objects to them. Cheap; called periodically.
  void reap_orphans();

  /// While one exists a child is being started: it may exit before it is registered,
  /// so nothing is reaped.
  class Starting {
   public:
    explicit Starting(ChildGuard& guard);
    ~Starting();
    Starting(Starting const&) = delete;
    Starting& operator=(Starting const&) = delete;

   private:
    ChildGuard& guard_;
  };

  /// ChildProcess registers the pids that it waits for itself.
  void expect(int pid);
  void forget(int pid);

 private:
  struct Impl;
  explicit ChildGuard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::io
