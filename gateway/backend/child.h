// One supervised MCP server: started, watched, started again.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/backend/context.h"
#include "gateway/backend/peer.h"
#include "gateway/backend/restart_policy.h"
#include "gateway/base/result.h"
#include "gateway/base/token_bucket.h"
#include "gateway/io/child_process.h"
#include "gateway/io/watch.h"
#include "gateway/mcp/result_redaction.h"
#include "gateway/metrics/metrics.h"
#include "gateway/rpc/line_framer.h"

namespace gateway::backend {

/// Keeps one child process running: its stdout is cut into messages for the owner, its
/// stderr is logged, its exit is reported once and followed by a restart.
class Child final : public Peer, private io::ChildProcess::Handler {
 public:
  /// References outlive it.
  Child(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics, Owner& owner);

  ~Child() override;

  // Peer
  void start() override;
  void wake() override;
  void stop() override;
  void sleep() override;
  void renew(std::string_view reason) override;
  bool restart(std::string_view reason) override;
  void end_hung() override;
  void ready() override;
  void fail_start(std::string_view why) override;
  [[nodiscard]] bool send(std::string_view line) override { return process_ && process_->write(line); }
  [[nodiscard]] std::size_t queued_bytes() const override { return process_ ? process_->queued_bytes() : 0; }
  [[nodiscard]] TimePoint last_heard() const override { return last_heard_; }
  [[nodiscard]] bool is_coming() const override;
  [[nodiscard]] bool is_between_planned_runs() const override { return planned_; }
  [[nodiscard]] std::string const& why_not_ready() const override { return why_not_ready_; }
  [[nodiscard]] std::string const& why_in_detail() const override {
    return spawn_failure_.empty() ? why_not_ready_ : spawn_failure_;
  }
  [[nodiscard]] std::string const& last_exit() const override { return last_exit_; }
  [[nodiscard]] std::uint64_t restarts() const override { return restarts_; }
  [[nodiscard]] TimePoint started() const override { return started_; }
  [[nodiscard]] pid_t pid() const override { return process_ ? process_->pid() : 0; }
  [[nodiscard]] io::TreeUsage usage() const override {
    return process_ ? context_.sampler.of(process_->entry()) : io::TreeUsage{};
  }
  void count_cpu() override { count_cpu(usage().cpu); }

  [[nodiscard]] std::size_t noise_lines() const override { return noise_lines_; }
  [[nodiscard]] std::string recent_stderr() const override;

 private:
  // io::ChildProcess::Handler
  void on_stdout(std::string_view bytes) override;
  void on_stderr(std::string_view bytes) override;
  void on_exit(io::ChildExit exit) override;

  /// What follows the end of a run.
  enum class Then : std::uint8_t { Policy, Again, Sleep, Nothing };

  void enter(PeerState state);
  void count_cpu(Duration used);
  void spawn();
  [[nodiscard]] Result<std::unique_ptr<io::ChildProcess>> start_program();
  [[nodiscard]] Status read_redaction_rules();
  void end(Then then);
  void count_restart(bool signaled);
  void on_line(rpc::LineFramer::Line line);
  void on_array(std::string_view line);
  void on_object(std::string_view text);
  void redact(rpc::Message& message, std::string& memory);
  void nonsense(std::string_view reason, std::string_view line, std::size_t bytes);
  void log_stderr(std::string_view line);
  void down(RunEnd end, std::string_view why);
  void come_back(std::string_view why);
  void trace_start(std::string_view failure) const;
  [[nodiscard]] std::string why_ended(io::ChildExit const& exit);

  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  Owner& owner_;

  Then then_ = Then::Policy;
  bool was_ready_ = false;  ///< this run
  bool planned_ = false;    ///< from the order to sleep or to begin anew until it is ready again
  std::unique_ptr<io::ChildProcess> process_;
  std::optional<mcp::ResultRedaction> result_redaction_;  ///< from its first start on, where its service has rules
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
  Duration cpu_counted_{};      ///< of this run
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
