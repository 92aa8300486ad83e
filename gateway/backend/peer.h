// Whom a multiplexer speaks MCP with.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/io/process_sampler.h"
#include "gateway/metrics/service_probe.h"
#include "gateway/rpc/message.h"

namespace gateway::backend {

enum class PeerState : std::uint8_t {
  Stopped,   ///< not wanted
  Starting,  ///< it can be spoken to, the handshake is under way
  Ready,
  Backoff,    ///< it ended; it is started again after a wait
  CrashLoop,  ///< it ended too often; it rests before the next try
  Stopping,   ///< asked to end
  Asleep,     ///< ended since nobody used it; started again when somebody does
};
[[nodiscard]] std::string_view to_text(PeerState state);

/// How a run of a child came to its end.
enum class RunEnd : std::uint8_t {
  NeverReady,  ///< it could not be started, or ended before its handshake
  Lost,        ///< it was ready, and ended unasked or was ended as hung
  Asked,       ///< it was idle and asked to end
};

/// An MCP server as messages and as something that starts and ends. A child process is one (`Child`). Owned by the
/// Multiplexer that speaks with it.
class Peer {
 public:
  class Owner {
   public:
    /// It can be spoken to: begin the handshake, and call `ready` when it is done.
    virtual void on_peer_started() = 0;
    virtual void on_peer_message(rpc::Message const& message) = 0;
    /// A message over the limit was dropped; this is how it began and ended.
    virtual void on_peer_oversized(std::string_view front, std::string_view back) = 0;
    /// The run is over, or could not begin: what it owed will not come. `why`
    /// is fit for a client's eyes.
    virtual void on_peer_down(RunEnd end, std::string_view why) = 0;
    /// It will not be started again: `stop` was called and it has ended.
    virtual void on_peer_stopped() = 0;

   protected:
    ~Owner() = default;
  };

  virtual ~Peer() = default;

  // ── its runs ──
  /// Wanted from now on. Does nothing while it runs.
  virtual void start() = 0;
  /// Ends a sleep. Does nothing else.
  virtual void wake() = 0;
  // Each of these ends a run, gently first. They differ in what follows.
  /// Not wanted any more.
  virtual void stop() = 0;
  /// Not wanted until it is woken.
  virtual void sleep() = 0;
  /// Another run at once. `reason` is a label of the restart metric.
  virtual void renew(std::string_view reason) = 0;
  /// Another run at once, also where the next was to come later or when
  /// somebody needs it. False when it is not to run: there is none to begin.
  virtual bool restart(std::string_view reason) = 0;
  /// It hangs: another run when the restart policy says so.
  virtual void end_hung() = 0;
  /// The owner's handshake is done.
  virtual void ready() = 0;
  /// The owner's handshake cannot be done: a restart follows.
  virtual void fail_start(std::string_view why) = 0;

  // ── messages ──
  /// Queues one message, which is a line. False when it is not running or takes
  /// no more.
  [[nodiscard]] virtual bool send(std::string_view line) = 0;
  /// Bytes that wait for it to read them.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  /// When anything last came from it; when it was started, before that.
  [[nodiscard]] virtual TimePoint last_heard() const = 0;

  // ── its state ──
  /// Not virtual: every call asks for it several times.
  [[nodiscard]] PeerState state() const { return state_; }
  /// Not ready, but on its way to be, so that a call may wait for it.
  [[nodiscard]] virtual bool is_coming() const = 0;
  /// Between two runs because we ended the last one, and not because it failed.
  [[nodiscard]] virtual bool is_between_planned_runs() const = 0;
  /// Fit for a client's eyes.
  [[nodiscard]] virtual std::string const& why_not_ready() const = 0;
  /// For the operator: may name paths and addresses.
  [[nodiscard]] virtual std::string const& why_in_detail() const = 0;
  /// How its last run ended; empty before one has.
  [[nodiscard]] virtual std::string const& last_exit() const = 0;
  /// Runs that ended unasked and were followed by another.
  [[nodiscard]] virtual std::uint64_t restarts() const = 0;
  /// When its run began.
  [[nodiscard]] virtual TimePoint started() const = 0;

  // ── what only a process of this machine has ──
  [[nodiscard]] virtual pid_t pid() const { return 0; }
  /// It and what it started, as it was some seconds ago; all zero while nobody
  /// has looked.
  [[nodiscard]] virtual io::TreeUsage usage() const { return {}; }
  /// Counts the CPU it has used since this was called last.
  virtual void count_cpu() {}
  /// Lines on its stdout that were no messages.
  [[nodiscard]] virtual std::size_t noise_lines() const { return 0; }
  /// The end of its stderr.
  [[nodiscard]] virtual std::string recent_stderr() const { return {}; }

 protected:
  PeerState state_ = PeerState::Stopped;
};

struct Context;

/// The peer of a service as it is configured, not started yet. References
/// outlive it.
[[nodiscard]] std::unique_ptr<Peer> make_peer(Context const& context, config::ServiceConfig const& config,
                                              metrics::ServiceProbe& metrics, Peer::Owner& owner);

}  // namespace gateway::backend
