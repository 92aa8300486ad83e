// The circuit breakers of one service: its own, and those of tools.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/backend/circuit_breaker.h"
#include "gateway/backend/context.h"
#include "gateway/health/health.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/ports.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::backend {

/// The reason of a call that is rejected for an open circuit.
inline constexpr std::string_view kCircuitOpen = "circuit_open";

/// What the end of a client's call says about the server. `rpc_code` is that of the error it was answered with.
[[nodiscard]] CircuitVerdict verdict_of(std::vector<config::CallFailure> const& failures, mcp::Outcome outcome,
                                        std::optional<int> rpc_code);

/// Each guarded call is let through by one of them, which is told its end. Owned by the Service: a child that is started
/// anew, or another of the same service, is no other server.
class Circuits {
 public:
  /// References outlive it. Only for a service that has a circuit breaker.
  Circuits(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics);

  /// Those that have the server work. Lists and subscriptions are answered as ever: they fail for other reasons, and
  /// clients that connect anew need them.
  [[nodiscard]] static bool guards(mcp::Method method);

  /// A call that was rejected.
  struct Rejection {
    std::string_view tool;  ///< whose circuit it is; empty: the service's. Valid until the next call of this.
    std::string why;        ///< a sentence for the client
    Duration retry_after{};
  };
  /// Lets a call through, or rejects it: none. `tool` is as the call's record has it, empty for other methods.
  [[nodiscard]] mcp::CircuitPermit admit(std::string_view tool);
  [[nodiscard]] Rejection rejection(std::string_view tool) const;
  /// The call ended so. Nothing where it has no permit.
  void ended(mcp::CircuitPermit permit, mcp::Outcome outcome, std::optional<int> rpc_code);
  /// Its end shows nothing about the server.
  void excuse(mcp::CircuitPermit permit);
  /// A few times a second.
  void tick();
  /// Closes all. Gives how many were not.
  std::size_t reset();

  void add_to(health::ServiceHealth& health) const;
  /// Tells the metrics how all are.
  void show() const;
  /// Tells the metrics that nothing is rejected any more: nobody asks this again.
  void show_end() const;

 private:
  struct Circuit {
    std::string tool;  ///< empty: the service's
    CircuitBreaker breaker;
  };
  using Index = std::size_t;

  Circuit& add(std::string_view tool);
  [[nodiscard]] bool has_its_own(std::string_view tool) const;
  [[nodiscard]] Index index_of(std::string_view tool);
  [[nodiscard]] Circuit const& known(std::string_view tool) const;
  template <typename F>
  auto change(Circuit& circuit, F&& action);
  void tell(Circuit const& circuit, CircuitState before);
  [[nodiscard]] health::CircuitHealth health_of(Circuit const& circuit) const;

  Context const& context_;
  config::ServiceConfig const& config_;
  config::CircuitBreakerConfig const& settings_;
  metrics::ServiceProbe& metrics_;
  std::deque<Circuit> circuits_;  ///< the service's first; a permit says whose it is by the place
  std::map<std::string, Index, std::less<>> by_tool_;
};

}  // namespace gateway::backend
