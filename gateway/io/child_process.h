// One run of a program: its pipes, its exit, and the steps that terminate it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/io/event_loop.h"

namespace gateway::io {

class ChildGuard;

/// The first argument of this program when it is to enter a sandbox and become a child.
inline constexpr char const* kEnterSandbox = "enter-sandbox";

/// What to start. No shell is involved anywhere.
struct ChildSpec {
  std::vector<std::string> argv;            ///< program (without a slash: looked up in PATH of `env`), arguments
  std::vector<std::string> env;             ///< the whole environment, "NAME=value"
  std::string cwd;                          ///< empty: the gateway's own
  std::size_t max_stdin_queue = 16u << 20;  ///< bytes that may wait for a child that does not read
  /// The words of its sandbox; empty: none. This program itself is started then, with kEnterSandbox, these words, "--",
  /// the path of the child's program and its argv; it becomes that program, or tells why not on stderr and exits.
  std::vector<std::string> sandbox{};
};

/// How a child ended.
struct ChildExit {
  bool signaled = false;
  int code = 0;                            ///< exit status, or the signal's number
  Duration cpu{};                          ///< its own, and that of what it had waited for
  [[nodiscard]] std::string text() const;  ///< "exit status 3" or "signal 9 (Killed)"
};

/// How long each step of termination waits for the child to exit.
struct StopLadder {
  Duration after_stdin_close = seconds(5);
  Duration after_sigterm = seconds(2);
};

/// A live child. Started by a Spawner, owned by whoever supervises it, over when
/// `on_exit` was called: exactly once, after the last bytes it wrote were given
/// to `on_stdout`, and then the owner destroys it (by Turn::bury, since it
/// is on the stack). Destroying a child that still runs kills its group and
/// sweeps its descendants.
class ChildProcess : public Mortal {
 public:
  class Handler {
   public:
    /// Bytes as they came; any number of lines or parts of one.
    virtual void on_stdout(std::string_view bytes) = 0;
    virtual void on_stderr(std::string_view bytes) = 0;
    virtual void on_exit(ChildExit exit) = 0;

   protected:
    ~Handler() = default;
  };

  /// Queues bytes for the child's stdin; written at the end of the turn. False,
  /// and nothing queued, when more than `max_stdin_queue` bytes wait already or
  /// stdin is closed.
  [[nodiscard]] virtual bool write(std::string_view bytes) = 0;
  /// Whether `write` would queue something now.
  [[nodiscard]] virtual bool accepts_input() const = 0;
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;

  /// Begins termination: close stdin (after what is queued), wait, SIGTERM the
  /// group, wait, SIGKILL the group. Idempotent. `on_exit` follows, never before
  /// this returns.
  virtual void stop(StopLadder ladder) = 0;
  /// The last step at once. `on_exit` follows, never before this returns.
  virtual void kill() = 0;

  [[nodiscard]] virtual pid_t pid() const = 0;
  /// The entry of the environment that it and its descendants are known by.
  [[nodiscard]] virtual std::string entry() const = 0;
};

/// Starts programs. An interface, so that tests can substitute scripted programs.
class Spawner {
 public:
  /// The handler is not called before this returns. The error names the program and
  /// the reason (missing, not executable, ...).
  [[nodiscard]] virtual Result<std::unique_ptr<ChildProcess>> start(ChildSpec const& spec,
                                                                    ChildProcess::Handler& handler) = 0;

 protected:
  ~Spawner() = default;
};

/// Starts real programs: in a session and process group of their own, with default signal
/// handling and no descriptor but 0, 1 and 2. Belongs to a loop, outlives its children.
class ChildSpawner final : public Spawner {
 public:
  /// `open_files`: the soft limit of programs without a sandbox, whatever this program has raised its own to; 0 is the
  /// same. Programs that use select(2), or close all descriptors there may be, rely on a low one.
  ChildSpawner(EventLoop& loop, ChildGuard& guard, std::size_t open_files = 0)
      : loop_(loop), guard_(guard), open_files_(open_files) {}

  [[nodiscard]] Result<std::unique_ptr<ChildProcess>> start(ChildSpec const& spec,
                                                            ChildProcess::Handler& handler) override;

 private:
  EventLoop& loop_;
  ChildGuard& guard_;
  std::size_t open_files_;
};

}  // namespace gateway::io
