// When a service that fails is not called for a while.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/clock.h"

namespace gateway::config {

/// How a call ends that a circuit breaker may count as a failure.
enum class CallFailure : std::uint8_t {
  Timeout,        ///< there was no answer in time
  ChildExited,    ///< the child ended during the call
  InternalError,  ///< the server answered with the JSON-RPC error -32603
  RpcError,       ///< with any other that does not blame the request
  ToolError,      ///< with a result whose isError is true
  Unavailable,    ///< no child could be started, or none runs
};

/// When calls to a service, or to one of its tools, are rejected at once, and when it is tried again.
struct CircuitBreakerConfig {
  /// So many failures without a success in between open it; 0 (never)..1000.
  std::size_t consecutive_failures = 5;
  /// The part of the calls within `window` that opens it by failing; 0 (never)..1.
  double failure_rate_threshold = 0.5;
  /// While there are fewer calls within `window`, their part is not looked at; 1..100000.
  std::size_t minimum_calls = 5;
  /// The time over which that part is counted, up to now; 1s..24h.
  milliseconds window = std::chrono::minutes{1};
  /// From opening to the first trial; 10ms..24h.
  milliseconds wait_duration = seconds{30};
  /// The wait doubles with each failed trial, up to this; 0s (it does not grow)..24h, at least wait_duration.
  milliseconds max_wait_duration{0};
  /// Trials that must succeed to close it, and that may be in flight together; 1..100.
  std::size_t permitted_calls_in_half_open = 1;
  /// What counts as a failure.
  std::vector<CallFailure> failures{CallFailure::Timeout, CallFailure::ChildExited, CallFailure::InternalError};
  /// Tools that have one of their own; "*" stands for each.
  std::vector<std::string> tools{};

  bool operator==(CircuitBreakerConfig const&) const = default;
};

}  // namespace gateway::config
