// Events of one service, counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"

namespace gateway::metrics {

struct Families;

/// A completed request of a client. The strings are constants of closed sets, except for the tool, which is a name from
/// the service's tool list.
struct EndedCall {
  std::string_view transport;
  std::string_view method;
  std::string_view outcome;
  std::optional<int> code{};      ///< the HTTP status that was sent; absent if the client had disconnected
  std::optional<int> rpc_code{};  ///< of the JSON-RPC error in the answer
  std::string_view tool;
  Duration took{};
  Duration at_child{};  ///< the part of `took` from writing the request to the child until its answer
  Duration waited{};    ///< the part of `took` in the queue, or until the child was ready
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
};

/// Current resource usage of a service's children and their descendants.
struct ChildResources {
  std::uint64_t memory_bytes = 0;
  std::uint64_t fds = 0;
  std::uint64_t threads = 0;
  std::uint64_t processes = 0;
};

/// Figures of a service for the status page.
struct Traffic {
  std::uint64_t calls = 0;     ///< completed requests of clients, of all methods
  std::uint64_t errors = 0;    ///< of these, neither ok nor cancelled
  std::uint64_t restarts = 0;  ///< of its children, unplanned
  std::uint64_t sessions = 0;
  std::uint64_t calls_in_flight = 0;
  std::vector<std::uint64_t> latency;  ///< calls in each bucket, not cumulative; one more than bounds
  std::vector<double> latency_bounds;  ///< in seconds
  double child_cpu_seconds = 0;
  std::uint64_t child_memory_bytes = 0;
  std::uint64_t child_fds = 0;
  std::uint64_t child_threads = 0;
  std::uint64_t child_processes = 0;
};

enum class StreamKind : std::uint8_t { Sse, HttpGet, HttpPost };
inline constexpr std::size_t kStreamKinds = 3;

/// The direction of a notification.
enum class Way : std::uint8_t { In /**< to a child */, Out /**< to a client */ };

/// Belongs to the thread of the service's loop, except for `traffic`. Owned by Metrics.
class ServiceProbe {
 public:
  struct Options {
    bool tool_durations = false;  ///< a histogram for each tool
  };
  ServiceProbe(Families& families, std::string name, Options options);
  ~ServiceProbe();
  ServiceProbe(ServiceProbe const&) = delete;
  ServiceProbe& operator=(ServiceProbe const&) = delete;

  void call_ended(EndedCall const& call);
  void calls_in_flight(std::size_t count);
  void call_rejected(std::string_view reason);
  /// Calls may be rejected for what their client may do, or has done: their series begin at zero.
  void expect_refusals();
  /// A message that could not be parsed as a call was answered with an error.
  void error_answered(int rpc_code);
  /// Forwarded this many times.
  void notified(Way way, std::string_view method, std::size_t times = 1);
  /// A circuit breaker exists, and is closed. `tool` is empty for the service's own.
  void circuit_begins(std::string_view tool);
  /// It is in this state now, by its name and as the value of its gauge.
  void circuit_entered(std::string_view tool, std::string_view state, int value);
  /// It is in this state, and was before.
  void circuit_is(std::string_view tool, int value);
  void session_opened(std::string_view transport);
  void session_closed(std::string_view transport, std::string_view reason, Duration lasted);
  void stream_opened(StreamKind kind);
  void stream_closed(StreamKind kind, std::string_view reason);
  void tools_cache_used(bool hit);
  void late_answer_dropped();

  /// A child answered, whoever asked and whether or not anybody still waits for it.
  void child_answered(std::string_view method, Duration took);
  /// A child entered or left this state.
  void child_entered(std::string_view state);
  void child_left(std::string_view state);
  void child_started(Duration until_ready);
  void child_restarted(std::string_view reason);
  void child_spawn_failed();
  void child_spoke_nonsense(std::string_view reason);
  /// Something was taken out of a message for clients.
  void child_message_redacted();
  void child_stderr(std::size_t lines, std::size_t suppressed);
  void child_stdin_queue(std::size_t bytes);
  /// One of its children wrote to stdout this long ago.
  void child_heard(Duration ago);
  void child_resources(ChildResources const& now);
  void child_cpu_used(Duration more);
  void child_memory_limit(std::size_t bytes);
  void tools_listed(std::size_t count, bool changed);
  /// A listed tool: its series exist from now on.
  void tool_offered(std::string_view tool);
  void tools_missing(std::size_t count);
  void tools_drifted(std::size_t count);
  void probed(bool good);
  /// The last results of the probes of all children.
  void probe_standing(bool good);

  /// From any thread.
  [[nodiscard]] Traffic traffic() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::metrics
