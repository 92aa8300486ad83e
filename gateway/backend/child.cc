#include "gateway/backend/child.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/backend/environment.h"
#include "gateway/backend/sandboxing.h"
#include "gateway/base/byte_scan.h"
#include "gateway/base/utf8.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_validator.h"
#include "gateway/sandbox/enter.h"

namespace gateway::backend {

namespace {

constexpr std::size_t kMaxStderrLine = 16 * 1024;
constexpr std::size_t kStderrTail = 20;
constexpr std::size_t kNoiseLinesPerSecond = 5;
/// Of a line on stdout that is no message.
constexpr std::size_t kShownNoise = 200;
constexpr std::size_t kShownStderr = 500;  ///< of a line

}  // namespace

Child::Child(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics, Owner& owner)
    : context_(context),
      config_(config),
      metrics_(metrics),
      owner_(owner),
      policy_(config.restart),
      start_again_(context_.loop, [this] { spawn(); }),
      start_limit_(context_.loop,
                   [this] {
                     auto const asked = config_.era == config::ServerEra::Modern ? "server/discover" : "initialize";
                     auto const also = config_.era == config::ServerEra::Auto ? ", nor server/discover" : "";
                     fail_start(fmt::format("it did not answer {} within {} s{}", asked,
                                            to_ms(config_.start_timeout) / 1000, also));
                   }),
      stderr_bucket_(config.stderr_lines_per_second),
      noise_bucket_(kNoiseLinesPerSecond) {
  metrics_.child_entered(to_text(state_));
}

Child::~Child() { metrics_.child_left(to_text(state_)); }

void Child::enter(PeerState state) {
  metrics_.child_left(to_text(state_));
  state_ = state;
  metrics_.child_entered(to_text(state_));
}

bool Child::is_coming() const {
  switch (state_) {
    case PeerState::Starting:
    case PeerState::Backoff: return true;
    case PeerState::Stopping: return then_ == Then::Again || then_ == Then::Policy;
    case PeerState::Stopped:
    case PeerState::Ready:
    case PeerState::CrashLoop:
    case PeerState::Asleep: return false;
  }
  return false;
}

// ── starting ─────────────────────────────────────────────────────────────────

void Child::start() {
  if (state_ == PeerState::Stopped) spawn();
}

void Child::wake() {
  if (state_ == PeerState::Asleep) return spawn();
  if (state_ == PeerState::Stopping && then_ == Then::Sleep) then_ = Then::Again;
}

void Child::spawn() {
  started_ = last_heard_ = context_.loop.now();
  then_ = Then::Policy;
  was_ready_ = false;
  cpu_counted_ = {};
  start_failure_.clear();
  spawn_failure_.clear();
  restart_reason_.clear();
  stdout_ = std::make_unique<rpc::LineFramer>(context_.limits.max_result_bytes);
  stderr_ = std::make_unique<rpc::LineFramer>(kMaxStderrLine);

  auto started = start_program();
  spawned_ = context_.loop.right_now();
  if (!started) {
    metrics_.child_spawn_failed();
    spawn_failure_ = started.error().what;
    return down(RunEnd::NeverReady, "its program cannot be started");
  }
  process_ = std::move(*started);
  enter(PeerState::Starting);
  why_not_ready_ = "starting";
  start_limit_.set(config_.start_timeout);
  context_.log.info("child.start", "child started", {{"server", config_.name}, {"child.pid", process_->pid()}});
  owner_.on_peer_started();
}

Result<std::unique_ptr<io::ChildProcess>> Child::start_program() {
  io::ChildSpec spec;
  spec.argv.push_back(config_.command);
  spec.argv.insert(spec.argv.end(), config_.args.begin(), config_.args.end());
  spec.env = child_environment(config_, context_.environment, context_.own_variables);
  spec.cwd = config_.cwd;
  spec.max_stdin_queue = context_.limits.max_stdin_queue_bytes;
  if (config_.sandbox) {
    auto const sandbox = decide_sandbox(config_, spec.env, context_.sandbox);
    if (!sandbox.missing.empty())
      return Error{fmt::format("cannot start '{}': {}", config_.command, sandbox.missing.front())};
    spec.sandbox = to_words(sandbox.plan);
  }
  if (auto read = read_redaction_rules(); !read) return read.error();
  return context_.spawner.start(spec, *this);
}

/// A child whose answers cannot be redacted is not started.
Status Child::read_redaction_rules() {
  auto const& rules = config_.redact;
  if (!rules.any() || result_redaction_) return Done{};
  auto read =
      mcp::ResultRedaction::by({.secrets = rules.secrets ? context_.redaction->secrets() : std::vector<std::string>{},
                                .keys = rules.keys,
                                .patterns = rules.patterns});
  if (!read) return Error{fmt::format("cannot redact the answers of '{}': {}", config_.name, read.error().what)};
  result_redaction_ = *std::move(read);
  return Done{};
}

void Child::ready() {
  start_limit_.cancel();
  why_not_ready_.clear();
  was_ready_ = true;
  planned_ = false;
  enter(PeerState::Ready);
  metrics_.child_started(context_.loop.now() - started_);
  if (context_.tracer.on()) trace_start({});
}

/// A trace of its own, of every start: there are few.
void Child::trace_start(std::string_view failure) const {
  auto& tracer = context_.tracer;
  auto const now = std::max(context_.loop.now(), spawned_);
  auto const wall_now = tracer.unix_ns(now);
  auto const span = [&](std::string_view name, trace::SpanKind kind, TraceContext const& context, SpanId parent,
                        TimePoint from, TimePoint to) {
    trace::TraceSpan made;
    made.context = context;
    made.parent = parent;
    made.kind = kind;
    made.name = name;
    made.started_ns = wall_now - (now - from).count();
    made.ended_ns = wall_now - (now - to).count();
    made.add("mcp_gateway.server", config_.name);
    return made;
  };
  auto const whole = tracer.child_of(std::nullopt);
  auto start = span("child.start", trace::SpanKind::Internal, whole, {}, started_, now);
  auto spawn = span("child.spawn", trace::SpanKind::Internal, tracer.child_of(whole), whole.span, started_, spawned_);
  spawn.add("process.pid", static_cast<std::int64_t>(pid()));
  start.failed = !failure.empty();
  start.failure = failure;
  if (spawn_failure_.empty()) {
    auto initialize = span("initialize", trace::SpanKind::Client, tracer.child_of(whole), whole.span, spawned_, now);
    initialize.add("mcp.method.name", "initialize");
    initialize.add("network.transport", "pipe");
    initialize.failed = start.failed;
    tracer.record(std::move(initialize));
  } else {
    spawn.failed = true;
  }
  tracer.record(std::move(spawn));
  tracer.record(std::move(start));
}

void Child::fail_start(std::string_view why) {
  if (!process_ || state_ == PeerState::Stopping) return;
  start_limit_.cancel();
  start_failure_ = context_.redaction->apply(why);  // it may hold the child's own words
  process_->kill();
}

// ── ending ───────────────────────────────────────────────────────────────────

void Child::stop() {
  start_again_.cancel();
  start_limit_.cancel();
  why_not_ready_ = "stopping";
  if (process_) return end(Then::Nothing);
  enter(PeerState::Stopped);
  owner_.on_peer_stopped();
}

void Child::sleep() {
  if (state_ != PeerState::Ready) return;
  planned_ = true;
  why_not_ready_ = "stopped while nobody uses it";
  end(Then::Sleep);
}

void Child::renew(std::string_view reason) {
  if (state_ != PeerState::Ready) return;
  restart_reason_ = reason;
  planned_ = true;
  why_not_ready_ = "a new run of it is started";
  end(Then::Again);
}

bool Child::restart(std::string_view reason) {
  switch (state_) {
    case PeerState::Ready: renew(reason); return true;
    case PeerState::Starting:
      start_limit_.cancel();
      restart_reason_ = reason;
      planned_ = true;
      why_not_ready_ = "a new run of it is started";
      end(Then::Again);
      return true;
    case PeerState::Backoff:
    case PeerState::CrashLoop:
      // Its end was counted as a restart when it came.
      start_again_.cancel();
      spawn();
      return true;
    case PeerState::Asleep: spawn(); return true;
    case PeerState::Stopping:
      if (then_ == Then::Nothing) return false;
      then_ = Then::Again;
      return true;
    case PeerState::Stopped: return false;
  }
  return false;
}

void Child::end_hung() {
  if (state_ != PeerState::Ready) return;
  restart_reason_ = "hang";
  why_not_ready_ = "it did not answer and is ended";
  end(Then::Policy);
}

void Child::end(Then then) {
  then_ = then;
  enter(PeerState::Stopping);
  process_->stop({.after_stdin_close = config_.stop.stdin_grace, .after_sigterm = config_.stop.term_grace});
}

/// A child that never became its program says so in its last line.
std::string Child::why_ended(io::ChildExit const& exit) {
  if (!start_failure_.empty()) return start_failure_;
  auto const told = config_.sandbox && !was_ready_ && !exit.signaled && exit.code == sandbox::kFailureStatus &&
                    !stderr_tail_.empty() && stderr_tail_.back().starts_with(sandbox::kFailureFront);
  if (!told) return fmt::format("it ended with {}", last_exit_);
  spawn_failure_ = fmt::format("cannot start '{}': its sandbox: {}", config_.command,
                               stderr_tail_.back().substr(sandbox::kFailureFront.size()));
  return "its sandbox cannot be set up";
}

void Child::on_exit(io::ChildExit exit) {
  start_limit_.cancel();
  last_exit_ = exit.text();
  // The system tells all of a child that waited for its own, also after the last look.
  count_cpu(std::max(usage().cpu, exit.cpu));
  auto const pid = process_->pid();
  context_.loop.bury(std::move(process_));

  if (rpc::LineFramer::Line line; stderr_->last(line)) log_stderr(line.text);
  auto const asked = then_ != Then::Policy;
  auto const tail = asked ? std::string{} : recent_stderr();
  auto const level = asked ? config::LogLevel::Info : config::LogLevel::Warn;
  context_.log.write(level, "child.exit", "child ended",
                     {{"server", config_.name}, {"child.pid", pid}, {"exit", last_exit_}, {"stderr_tail", tail}});
  if (then_ == Then::Policy || then_ == Then::Again) count_restart(exit.signaled);
  auto const end = asked ? RunEnd::Asked : was_ready_ ? RunEnd::Lost : RunEnd::NeverReady;
  down(end, why_ended(exit));
}

void Child::count_cpu(Duration used) {
  if (used <= cpu_counted_) return;
  metrics_.child_cpu_used(used - std::exchange(cpu_counted_, used));
}

void Child::count_restart(bool signaled) {
  if (!start_failure_.empty()) return metrics_.child_restarted("hang");
  if (!restart_reason_.empty()) return metrics_.child_restarted(restart_reason_);
  // One that was woken while it was put to sleep ended for no reason but that.
  if (then_ == Then::Policy) metrics_.child_restarted(signaled ? "signal" : "exit");
}

/// The one way a run ends, whether it ever began or not.
void Child::down(RunEnd end, std::string_view why) {
  if (end == RunEnd::NeverReady && context_.tracer.on()) trace_start(why);
  switch (then_) {
    case Then::Nothing:
      enter(PeerState::Stopped);
      owner_.on_peer_down(end, "it was stopped");
      return owner_.on_peer_stopped();
    case Then::Sleep: enter(PeerState::Asleep); return owner_.on_peer_down(end, why_not_ready_);
    case Then::Again: owner_.on_peer_down(end, why_not_ready_); return spawn();
    case Then::Policy: come_back(why); return owner_.on_peer_down(end, why);
  }
}

/// A restart after a wait, which is long for one that ends again and again.
void Child::come_back(std::string_view why) {
  ++restarts_;
  planned_ = false;
  auto const now = context_.loop.now();
  auto const verdict = policy_.ended(now, now - started_, context_.entropy.number());
  why_not_ready_ = verdict.crash_loop
                       ? fmt::format("{}; it ended too often and rests for {:.0f} s", why, to_ms(verdict.wait) / 1000)
                       : std::string(why);
  enter(verdict.crash_loop ? PeerState::CrashLoop : PeerState::Backoff);
  start_again_.set(verdict.wait);
  context_.log.warn(verdict.crash_loop ? "child.crash_loop" : "child.backoff", "child will be started again",
                    {{"server", config_.name},
                     {"err.kind", !spawn_failure_.empty()   ? "spawn"
                                  : !start_failure_.empty() ? "start"
                                                            : "exit"},
                     {"err.msg", spawn_failure_.empty() ? why : std::string_view(spawn_failure_)},
                     {"reason", spawn_failure_.empty() ? why : std::string_view(spawn_failure_)},
                     {"wait_ms", to_ms(verdict.wait)}});
}

// ── what it says ─────────────────────────────────────────────────────────────

void Child::on_stdout(std::string_view bytes) {
  last_heard_ = context_.loop.now();
  rpc::LineFramer::Line line;
  // The owner may end this run while it handles a line; the framer lives on.
  while (stdout_->next(bytes, line) == rpc::LineFramer::Verdict::Line) {
    on_line(line);
    context_.loop.flush_if_many();
  }
}

void Child::on_line(rpc::LineFramer::Line line) {
  if (line.oversized) {
    nonsense("too_long", line.text, line.bytes);
    return owner_.on_peer_oversized(line.text, line.back);
  }
  auto const start = rpc::skip_space(line.text, 0);
  if (start == line.text.size()) return;
  if (line.text[start] == '[') return on_array(line.text);
  on_object(line.text);
}

/// 2025-03-26 lets a server gather its messages in an array. Other lines that begin
/// like one are a banner, as "[INFO] listening", or no message. Looked at as a whole
/// first, and never an array within an array: a line may be as deep as it is long.
void Child::on_array(std::string_view line) {
  if (!rpc::is_array_of_objects(line))
    return nonsense(rpc::validate(line) ? "not_json" : "bad_shape", line, line.size());
  rpc::ElementWalk walk(line);
  while (auto const element = walk.next()) on_object(*element);
}

void Child::on_object(std::string_view text) {
  auto const plain = !has_byte(text, [](auto x) { return below(x, 0x20) | is_high(x); });
  if (!plain && !is_utf8(text)) return nonsense("bad_utf8", text, text.size());
  auto const is_object = text[rpc::skip_space(text, 0)] == '{';
  auto message = is_object ? rpc::read_child_line(text) : std::nullopt;
  if (!message) return nonsense(is_object ? "bad_shape" : "not_json", text, text.size());
  message->plain = plain;
  std::string clean;
  // Not how it introduces itself: the gateway reads that.
  if (result_redaction_ && was_ready_) redact(*message, clean);
  owner_.on_peer_message(*message);
}

/// What it tells clients; `memory` is where it then stands.
void Child::redact(rpc::Message& message, std::string& memory) {
  auto& told = !message.error.empty() ? message.error : !message.result.empty() ? message.result : message.params;
  auto clean = result_redaction_->redacted(told);
  if (!clean) return;
  memory = *std::move(clean);
  told = memory;
  message.plain = false;  // it may spell what was escaped
  metrics_.child_message_redacted();
}

void Child::nonsense(std::string_view reason, std::string_view line, std::size_t bytes) {
  ++noise_lines_;
  metrics_.child_spoke_nonsense(reason);
  if (!noise_bucket_.take(context_.loop.now())) return;
  // Only the front, and nothing of what may be a message with a client's data in it.
  auto const first = line.find_first_not_of("[ \t\r");
  auto const may_be_message = first != line.npos && line[first] == '{';
  context_.log.warn(
      "child.noise", "a line on stdout is no message",
      {{"server", config_.name},
       {"reason", reason},
       {"bytes", bytes},
       {"line", context_.redaction->apply(may_be_message ? std::string_view{} : line.substr(0, kShownNoise))}});
}

void Child::on_stderr(std::string_view bytes) {
  rpc::LineFramer::Line line;
  while (stderr_->next(bytes, line) == rpc::LineFramer::Verdict::Line) log_stderr(line.text);
}

void Child::log_stderr(std::string_view line) {
  // Before it is cut: what is left of a secret would not be recognized.
  stderr_tail_.push_back(context_.redaction->apply(line).substr(0, kShownStderr));
  if (stderr_tail_.size() > kStderrTail) stderr_tail_.pop_front();

  auto const allowed = stderr_bucket_.take(context_.loop.now());
  metrics_.child_stderr(1, allowed ? 0 : 1);
  if (!allowed) return;
  auto const suppressed = stderr_bucket_.take_refused();
  if (suppressed > 0) {
    context_.log.warn("child.stderr_suppressed", "lines on stderr were not logged",
                      {{"server", config_.name}, {"lines", suppressed}});
  }
  context_.log.info("child.stderr", "child wrote to stderr",
                    {{"server", config_.name},
                     {"child.pid", pid()},
                     {"stream", "child_stderr"},
                     {"line", context_.redaction->apply(line)}});
}

std::string Child::recent_stderr() const {
  std::string text;
  for (auto const& line : stderr_tail_) text.append(line).push_back('\n');
  return text;
}

}  // namespace gateway::backend
