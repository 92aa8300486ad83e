// What is counted, as verbs. The names, helps and buckets of the metrics stand
// in metrics.cc alone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/http/server.h"

namespace gateway::ops {

/// One request of a client, ended. The texts are constants of closed sets, but
/// for the tool, which is a name from the service's own published list.
struct EndedCall {
  std::string_view transport;
  std::string_view method;
  std::string_view outcome;
  int code = 200;  ///< as HTTP would say it, also where the answer went down a stream
  std::string_view tool;
  Duration took{};
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
};

/// Counts for one service. Owned by Metrics.
class ServiceProbe {
 public:
  class Impl;
  explicit ServiceProbe(std::unique_ptr<Impl> impl);
  ~ServiceProbe();

  void call_ended(EndedCall const& call);
  void calls_in_flight(std::size_t count);
  void call_rejected(std::string_view reason);
  void session_opened(std::string_view transport);
  void session_closed(std::string_view transport, std::string_view reason, Duration lasted);
  void tools_cache_used(bool hit);
  void late_answer_dropped();

  /// A child is in this state, or in it no longer.
  void child_entered(std::string_view state);
  void child_left(std::string_view state);
  void child_started(Duration until_ready);
  void child_restarted(std::string_view reason);
  void child_spawn_failed();
  void child_spoke_nonsense(std::string_view reason);
  void child_stderr(std::size_t lines, std::size_t suppressed);
  void child_stdin_queue(std::size_t bytes);
  void tools_listed(std::size_t count, bool changed);
  void tools_missing(std::size_t count);
  void probed(bool good);
  /// What the probes of all children showed last.
  void probe_standing(bool good);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Counts for one loop: what its HTTP server says, on its own so that loops do not
/// wait for each other once a request. Owned by Metrics.
class LoopProbe : public http::ServerProbe {
 public:
  /// The calling thread runs the loop from now on.
  virtual void runs_here() = 0;
};

/// Owns the registry. Built before all that counts, destroyed after it. What is
/// not a service's or a loop's may be called from several threads.
class Metrics {
 public:
  struct About {
    std::string version;
    std::string revision;
    std::string build_time;
    std::string instance_id;
  };
  explicit Metrics(About const& about);
  ~Metrics();
  Metrics(Metrics const&) = delete;
  Metrics& operator=(Metrics const&) = delete;

  /// A probe whose series all exist from now on, at zero. It belongs to the thread
  /// of the service's loop. Probes are asked for before there are such threads.
  [[nodiscard]] ServiceProbe& service(std::string const& name);
  /// The same for the same number. A loop's probe belongs to its thread.
  [[nodiscard]] LoopProbe& loop(std::size_t number);

  void auth_failed(std::string_view reason);
  void logs_dropped(std::size_t total);
  void draining(bool is_draining);

  /// Prometheus' text format 0.0.4.
  [[nodiscard]] std::string text();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::ops
