#include "gateway/io/child_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstring>

#include "gateway/io/child_guard.h"
#include "gateway/io/child_pipes.h"
#include "gateway/io/spawn.h"
#include "gateway/io/watch.h"

namespace gateway::io {

namespace {

/// A server that closed its stdin or its stdout can answer nobody. It usually ends
/// by itself.
constexpr Duration kGraceAfterPipeEnd = seconds(2);

Duration to_duration(timeval t) { return seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec); }

}  // namespace

std::string ChildExit::text() const {
  if (!signaled) return fmt::format("exit status {}", code);
  auto const* const name = ::sigdescr_np(code);
  return fmt::format("signal {} ({})", code, name != nullptr ? name : "unknown");
}

namespace {

class RunningChild final : public ChildProcess,
                           private InputPipe::Listener,
                           private OutputPipe::Listener,
                           private Watch::Listener {
 public:
  RunningChild(EventLoop& loop, ChildGuard& guard, ChildSpec const& spec, std::string mark, Spawned child,
               Handler& handler)
      : guard_(guard),
        handler_(handler),
        mark_(std::move(mark)),
        pid_(child.pid),
        process_(std::move(child.process)),
        exited_(loop, process_.get(), Watch::For::Read, *this),
        input_(loop, std::move(child.input), spec.max_stdin_queue, *this),
        output_(loop, std::move(child.output), *this),
        errors_(loop, std::move(child.errors), *this),
        timer_(loop, [this] { on_timer(); }) {
    guard_.expect(pid_);
    exited_.start();
  }

  ~RunningChild() override {
    if (!is_alive()) return;
    ::kill(-pid_, SIGKILL);
    guard_.forget(pid_);  // an orphan from now on
    guard_.sweep(mark_);
  }

  // ChildProcess
  [[nodiscard]] bool write(std::string_view bytes) override { return input_.write(bytes); }
  [[nodiscard]] bool accepts_input() const override { return input_.accepts(); }
  [[nodiscard]] std::size_t queued_bytes() const override { return input_.queued(); }
  [[nodiscard]] pid_t pid() const override { return pid_; }
  [[nodiscard]] std::string entry() const override { return fmt::format("{}={}", ChildGuard::kVariable, mark_); }
  void stop(StopLadder ladder) override;
  void kill() override;

 private:
  /// In the order a child goes through them; some are left out.
  enum class Phase {
    Running,
    ClosingStdin,  ///< it was asked to stop by the end of its stdin
    Terminating,   ///< it was sent SIGTERM
    Killing,       ///< it was sent SIGKILL
    LastWords,     ///< it is dead; what it wrote is being delivered
    Over,          ///< on_exit was called
  };

  [[nodiscard]] bool is_alive() const { return phase_ < Phase::LastWords; }
  void terminate();
  void on_timer();
  void collect();
  void deliver_last_words();

  // InputPipe::Listener, OutputPipe::Listener and Watch::Listener
  void on_broken() override;
  void on_bytes(OutputPipe& from, std::string_view bytes) override;
  void on_end(OutputPipe& of) override;
  void on_ready(Watch::For what) override;

  ChildGuard& guard_;
  Handler& handler_;
  std::string const mark_;
  pid_t const pid_;
  Phase phase_ = Phase::Running;
  StopLadder ladder_;
  ChildExit exit_;
  UniqueFd process_;
  Watch exited_;
  InputPipe input_;
  OutputPipe output_;
  OutputPipe errors_;
  Timer timer_;
};

void RunningChild::stop(StopLadder wanted) {
  if (phase_ != Phase::Running) return;
  phase_ = Phase::ClosingStdin;
  ladder_ = wanted;
  input_.finish();
  timer_.set(ladder_.after_stdin_close);
}

void RunningChild::terminate() {
  phase_ = Phase::Terminating;
  input_.close();
  ::kill(-pid_, SIGTERM);
  timer_.set(ladder_.after_sigterm);
}

void RunningChild::kill() {
  if (phase_ >= Phase::Killing) return;
  phase_ = Phase::Killing;
  timer_.cancel();
  input_.close();
  ::kill(-pid_, SIGKILL);
}

void RunningChild::on_timer() {
  switch (phase_) {
    case Phase::Running:  // the grace after the end of a pipe is over
    case Phase::ClosingStdin: return terminate();
    case Phase::Terminating: return kill();
    case Phase::LastWords: return deliver_last_words();
    case Phase::Killing:
    case Phase::Over: return;
  }
}

void RunningChild::on_bytes(OutputPipe& from, std::string_view bytes) {
  if (&from == &output_)
    handler_.on_stdout(bytes);
  else
    handler_.on_stderr(bytes);
}

void RunningChild::on_end(OutputPipe& of) {
  if (&of == &output_ && phase_ == Phase::Running) timer_.set(kGraceAfterPipeEnd);
}

void RunningChild::on_broken() {
  if (phase_ == Phase::Running) timer_.set(kGraceAfterPipeEnd);
}

/// The child is dead.
void RunningChild::on_ready(Watch::For) {
  // Its zombie keeps the number of the group from being given to others.
  ::kill(-pid_, SIGKILL);
  collect();
  guard_.forget(pid_);
  guard_.sweep(mark_);
  phase_ = Phase::LastWords;
  timer_.cancel();
  exited_.stop();
  input_.close();
  output_.writer_died();
  errors_.writer_died();
  deliver_last_words();
}

void RunningChild::collect() {
  int status = 0;
  rusage used{};
  ::wait4(pid_, &status, WNOHANG, &used);
  auto const signaled = WIFSIGNALED(status);
  exit_ = {.signaled = signaled,
           .code = signaled ? WTERMSIG(status) : WEXITSTATUS(status),
           .cpu = to_duration(used.ru_utime) + to_duration(used.ru_stime)};
}

/// One call of the handler a step, and as the last thing: it may bury us.
void RunningChild::deliver_last_words() {
  if (auto const bytes = output_.last_bytes(); !bytes.empty()) {
    timer_.set(Duration{});
    return handler_.on_stdout(bytes);
  }
  if (auto const bytes = errors_.last_bytes(); !bytes.empty()) {
    timer_.set(Duration{});
    return handler_.on_stderr(bytes);
  }
  phase_ = Phase::Over;
  handler_.on_exit(exit_);
}

}  // namespace

namespace {

/// Its program has just begun, and is being loaded.
void lower_open_files(pid_t pid, std::size_t soft) {
  rlimit limit{};
  if (::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0 || limit.rlim_cur <= soft) return;
  limit.rlim_cur = soft;
  ::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr);
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildSpawner::start(ChildSpec const& spec, ChildProcess::Handler& handler) {
  auto mark = guard_.new_mark();
  ChildGuard::Starting const starting(guard_);
  auto child = spawn(spec, fmt::format("{}={}", ChildGuard::kVariable, mark));
  if (!child) return child.error();
  if (open_files_ > 0 && spec.sandbox.empty()) lower_open_files(child->pid, open_files_);
  return std::unique_ptr<ChildProcess>(
      std::make_unique<RunningChild>(loop_, guard_, spec, std::move(mark), *std::move(child), handler));
}

}  // namespace gateway::io
