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

struct ChildProcess::Impl final : private InputPipe::Listener,
                                 private OutputPipe::Listener,
                                 private Watch::Listener {
  /// In the order a child goes through them; some are left out.
  enum class Phase {
    Running,
    ClosingStdin,  ///< it was asked to stop by the end of its stdin
    Terminating,   ///< it was sent SIGTERM
    Killing,       ///< it was sent SIGKILL
    LastWords,     ///< it is dead; what it wrote is being delivered
    Over,          ///< on_exit was called
  };

  Impl(EventLoop& loop, ChildGuard& its_guard, ChildSpec const& spec, std::string its_mark, Spawned child,
       Handler& its_handler)
      : guard(its_guard),
        handler(its_handler),
        mark(std::move(its_mark)),
        pid(child.pid),
        process(std::move(child.process)),
        exited(loop, process.get(), Watch::For::Read, *this),
        input(loop, std::move(child.input), spec.max_stdin_queue, *this),
        output(loop, std::move(child.output), *this),
        errors(loop, std::move(child.errors), *this),
        timer(loop, [this] { on_timer(); }) {
    guard.expect(pid);
    exited.start();
  }

  ~Impl() {
    if (!is_alive()) return;
    ::kill(-pid, SIGKILL);
    guard.forget(pid);  // an orphan from now on
    guard.sweep(mark);
  }

  [[nodiscard]] bool is_alive() const { return phase < Phase::LastWords; }

  void stop(StopLadder wanted) {
    if (phase != Phase::Running) return;
    phase = Phase::ClosingStdin;
    ladder = wanted;
    input.finish();
    timer.set(ladder.after_stdin_close);
  }

  void terminate() {
    phase = Phase::Terminating;
    input.close();
    ::kill(-pid, SIGTERM);
    timer.set(ladder.after_sigterm);
  }

  void kill() {
    if (phase >= Phase::Killing) return;
    phase = Phase::Killing;
    timer.cancel();
    input.close();
    ::kill(-pid, SIGKILL);
  }

  void on_timer() {
    switch (phase) {
      case Phase::Running:  // the grace after the end of a pipe is over
      case Phase::ClosingStdin:
        return terminate();
      case Phase::Terminating:
        return kill();
      case Phase::LastWords:
        return deliver_last_words();
      case Phase::Killing:
      case Phase::Over:
        return;
    }
  }

  void on_bytes(OutputPipe& from, std::string_view bytes) override {
    if (&from == &output)
      handler.on_stdout(bytes);
    else
      handler.on_stderr(bytes);
  }

  void on_end(OutputPipe& of) override {
    if (&of == &output && phase == Phase::Running) timer.set(kGraceAfterPipeEnd);
  }

  void on_broken() override {
    if (phase == Phase::Running) timer.set(kGraceAfterPipeEnd);
  }

  /// The child is dead.
  void on_ready(Watch::For) override {
    // Its zombie keeps the number of the group from being given to others.
    ::kill(-pid, SIGKILL);
    collect();
    guard.forget(pid);
    guard.sweep(mark);
    phase = Phase::LastWords;
    timer.cancel();
    exited.stop();
    input.close();
    output.writer_died();
    errors.writer_died();
    deliver_last_words();
  }

  void collect() {
    int status = 0;
    rusage used{};
    ::wait4(pid, &status, WNOHANG, &used);
    auto const signaled = WIFSIGNALED(status);
    exit = {.signaled = signaled,
            .code = signaled ? WTERMSIG(status) : WEXITSTATUS(status),
            .cpu = to_duration(used.ru_utime) + to_duration(used.ru_stime)};
  }

  /// One call of the handler a step, and as the last thing: it may bury us.
  void deliver_last_words() {
    if (auto const bytes = output.last_bytes(); !bytes.empty()) {
      timer.set(Duration{});
      return handler.on_stdout(bytes);
    }
    if (auto const bytes = errors.last_bytes(); !bytes.empty()) {
      timer.set(Duration{});
      return handler.on_stderr(bytes);
    }
    phase = Phase::Over;
    handler.on_exit(exit);
  }

  ChildGuard& guard;
  Handler& handler;
  std::string const mark;
  pid_t const pid;
  Phase phase = Phase::Running;
  StopLadder ladder;
  ChildExit exit;
  UniqueFd process;
  Watch exited;
  InputPipe input;
  OutputPipe output;
  OutputPipe errors;
  Timer timer;
};

ChildProcess::ChildProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChildProcess::~ChildProcess() = default;

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(EventLoop& loop, ChildGuard& guard,
                                                          ChildSpec const& spec, Handler& handler) {
  auto mark = guard.new_mark();
  ChildGuard::Starting const starting(guard);
  auto child = spawn(spec, fmt::format("{}={}", ChildGuard::kVariable, mark));
  if (!child) return child.error();
  auto impl = std::make_unique<Impl>(loop, guard, spec, std::move(mark), *std::move(child), handler);
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(impl)));
}

bool ChildProcess::write(std::string_view bytes) { return impl_->input.write(bytes); }
bool ChildProcess::accepts_input() const { return impl_->input.accepts(); }
std::size_t ChildProcess::queued_bytes() const { return impl_->input.queued(); }
void ChildProcess::stop(StopLadder ladder) { impl_->stop(ladder); }
void ChildProcess::kill() { impl_->kill(); }
pid_t ChildProcess::pid() const { return impl_->pid; }

std::string ChildProcess::entry() const { return fmt::format("{}={}", ChildGuard::kVariable, impl_->mark); }

}  // namespace gateway::io
