// One supervised MCP server: started, watched, started again.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/backend/restart_policy.h"
#include "gateway/base/entropy.h"
#include "gateway/base/token_bucket.h"
#include "gateway/config/config.h"
#include "gateway/io/child_process.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/process_sampler.h"
#include "gateway/io/watch.h"
#include "gateway/log/log.h"
#include "gateway/log/redaction.h"
#include "gateway/metrics/metrics.h"
#include "gateway/rpc/line_framer.h"
#include "gateway/rpc/message.h"
#include "gateway/trace/tracer.h"

namespace gateway::backend {

/// What every part of the backend needs of the program. References outlive it.
struct World {
  io::EventLoop& loop;
  io::Spawner& spawner;
  io::ProcessSampler const& sampler;
  Entropy& entropy;
  log::Log& log;
  trace::Tracer& tracer;
  log::Redaction const& redaction;
  char const* const* environment;
  std::string version;
};

enum class ChildState : std::uint8_t {
  Stopped,   ///< not wanted
  Starting,  ///< the program runs, the handshake is under way
  Ready,
  Backoff,    ///< it ended; it is started again after a wait
  CrashLoop,  ///< it ended too often; it rests before the next try
  Stopping,   ///< asked to end
  Asleep,     ///< ended since nobody used it; started again when somebody does
};
[[nodiscard]] std::string_view to_text(ChildState state);

/// How a run of a child came to its end.
enum class RunEnd : std::uint8_t {
  NeverReady,  ///< it could not be started, or ended before its handshake
  Lost,        ///< it was ready, and ended unasked or was ended as hung
  Asked,       ///< it was idle and asked to end
};

/// Keeps one child process running: what it says is cut into messages for the
/// owner, what it says on stderr is logged, its end is told once and followed by
/// a restart. Owned by the Multiplexer that speaks with it.
class Child final : private io::ChildProcess::Handler {
 public:
  class Owner {
   public:
    /// The program runs: begin the handshake, and call `ready` when it is done.
    virtual void on_child_started() = 0;
    virtual void on_child_message(rpc::Message const& message, std::size_t bytes) = 0;
    /// A line over the limit was dropped; this is how it began and ended.
    virtual void on_child_oversized(std::string_view front, std::string_view back) = 0;
    /// The run is over, or could not begin: what it owed will not come. `why` is
    /// fit for a client's eyes.
    virtual void on_child_down(RunEnd end, std::string_view why) = 0;
    /// It will not be started again: `stop` was called and it has ended.
    virtual void on_child_stopped() = 0;

   protected:
    ~Owner() = default;
  };

  Child(World world, config::ServiceConfig const& config, std::size_t max_line, std::size_t max_stdin_queue,
        metrics::ServiceProbe& probe, Owner& owner);

  ~Child();

  /// Wanted from now on. Does nothing while it runs.
  void start();
  /// Ends a sleep. Does nothing else.
  void wake();
  // Each of these is the ladder of gentle and less gentle ends. They differ in
  // what follows.
  /// Not wanted any more.
  void stop();
  /// Not wanted until it is woken.
  void sleep();
  /// Another run at once. `reason` is a label of the restart metric.
  void renew(std::string_view reason);
  /// Another run at once, also where the next was to come later or when somebody
  /// needs it. False when it is not to run: there is none to begin.
  bool restart(std::string_view reason);
  /// It hangs: another run when the restart policy says so.
  void end_hung();

  /// The owner's handshake is done.
  void ready();
  /// The owner's handshake cannot be done: a restart follows.
  void fail_start(std::string_view why);

  /// Queues one line. False when the child is not running or takes no more.
  [[nodiscard]] bool send(std::string_view line);

  [[nodiscard]] ChildState state() const { return state_; }
  /// Not ready, but on its way to be, so that a call may wait for it.
  [[nodiscard]] bool is_coming() const;
  /// Between two runs because we ended the last one, and not since it failed.
  [[nodiscard]] bool is_between_planned_runs() const { return planned_; }
  /// Fit for a client's eyes.
  [[nodiscard]] std::string const& why_not_ready() const { return why_not_ready_; }
  /// For the operator: also where the program was looked for.
  [[nodiscard]] std::string const& why_in_detail() const {
    return spawn_failure_.empty() ? why_not_ready_ : spawn_failure_;
  }
  [[nodiscard]] std::string const& last_exit() const { return last_exit_; }
  [[nodiscard]] std::uint64_t restarts() const { return restarts_; }
  [[nodiscard]] pid_t pid() const { return process_ ? process_->pid() : 0; }
  /// Bytes that wait for it to read them.
  [[nodiscard]] std::size_t queued_bytes() const { return process_ ? process_->queued_bytes() : 0; }
  /// When its run began.
  [[nodiscard]] TimePoint started() const { return started_; }
  /// What it and what it started take, as it was some seconds ago; all zero while
  /// nobody has looked.
  [[nodiscard]] io::TreeUsage usage() const {
    return process_ ? world_.sampler.of(process_->entry()) : io::TreeUsage{};
  }
  /// Counts the CPU it has used since this was called last.
  void count_cpu() { count_cpu(usage().cpu); }
  /// When it last wrote anything to stdout; when it was started, before that.
  [[nodiscard]] TimePoint last_heard() const { return last_heard_; }
  /// When the next start is due, in Backoff and CrashLoop.
  [[nodiscard]] TimePoint next_start() const { return next_start_; }
  [[nodiscard]] std::size_t noise_lines() const { return noise_lines_; }
  [[nodiscard]] std::string recent_stderr() const;

 private:
  // io::ChildProcess::Handler
  void on_stdout(std::string_view bytes) override;
  void on_stderr(std::string_view bytes) override;
  void on_exit(io::ChildExit exit) override;

  /// What follows the end of a run.
  enum class Then : std::uint8_t { Policy, Again, Sleep, Nothing };

  void enter(ChildState state);
  void count_cpu(Duration used);
  void spawn();
  void end(Then then);
  void count_restart(bool signaled);
  void on_line(rpc::LineFramer::Line line);
  void on_array(std::string_view line);
  void on_object(std::string_view text);
  void nonsense(std::string_view reason, std::string_view line, std::size_t bytes);
  void log_stderr(std::string_view line);
  void down(RunEnd end, std::string_view why);
  void come_back(std::string_view why);
  void trace_start(std::string_view failure) const;

  World world_;
  config::ServiceConfig const& config_;
  std::size_t max_line_;
  std::size_t max_stdin_queue_;
  metrics::ServiceProbe& probe_;
  Owner& owner_;

  ChildState state_ = ChildState::Stopped;
  Then then_ = Then::Policy;
  bool was_ready_ = false;  ///< this run
  bool planned_ = false;    ///< from the order to sleep or to begin anew until it is ready again
  std::unique_ptr<io::ChildProcess> process_;
  std::unique_ptr<rpc::LineFramer> stdout_;
  std::unique_ptr<rpc::LineFramer> stderr_;
  RestartPolicy policy_;
  io::Timer start_again_;
  io::Timer start_limit_;
  TokenBucket stderr_bucket_;
  TokenBucket noise_bucket_;
  TimePoint started_;
  TimePoint spawned_;  ///< when its program ran; not the loop's time, which stands still meanwhile
  TimePoint last_heard_;
  Duration cpu_counted_{};  ///< of this run
  TimePoint next_start_;
  std::string restart_reason_;  ///< why we ended this run ourselves; empty when we did not
  std::string start_failure_;
  std::string spawn_failure_;  ///< why the program could not be started the last time; it names paths
  std::string why_not_ready_;
  std::string last_exit_;
  std::deque<std::string> stderr_tail_;
  std::uint64_t restarts_ = 0;
  std::size_t noise_lines_ = 0;
};

}  // namespace gateway::backend
