// The state of the gateway and its services, as reported by /health.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::health {

enum class HealthStatus { Healthy, Degraded, Unhealthy, Draining };
[[nodiscard]] std::string_view to_text(HealthStatus status);
/// 200 while requests are served, 503 otherwise.
[[nodiscard]] int http_status(HealthStatus status);

/// The result of the last probe of a child.
struct ProbeHealth {
  std::string status;      ///< "unknown", "passed" or "failed"
  std::string reason;      ///< why it failed
  double age_seconds = 0;  ///< since it was judged
  double ms = 0;           ///< how long it took
};

/// Whether calls of a service, or of one of its tools, are let through.
struct CircuitHealth {
  std::string tool;                           ///< empty: of the service
  std::string state;                          ///< "closed", "open" or "half_open"
  std::string reason;                         ///< why it opened; empty while it is closed
  std::optional<double> retry_after_seconds;  ///< while it is open
};

/// One child of a service.
struct ChildHealth {
  std::string state;
  bool well = false;   ///< ready, or at rest until somebody needs it
  std::string reason;  ///< why it is not ready, or not well although it is
  int pid = 0;         ///< 0 while it does not run
  std::uint64_t restarts = 0;
  std::size_t sessions = 0;
  std::size_t calls_in_flight = 0;
  std::string last_exit;
  std::optional<ProbeHealth> probe;
};

/// The current state of one service.
struct ServiceHealth {
  std::string name;
  HealthStatus status = HealthStatus::Unhealthy;
  std::string version;   ///< which version of the service; empty where there is one
  std::string state;     ///< "ready", "starting", "backoff", "crash_loop", "unavailable", ...
  std::string reason;    ///< why it is not ready, in words; empty when it is
  std::string protocol;  ///< the revision its child speaks; empty before the handshake
  bool required = false;
  bool tools_known = false;
  std::size_t tools = 0;
  std::uint64_t restarts = 0;
  std::size_t children = 0;
  std::size_t sessions = 0;
  std::size_t calls_in_flight = 0;
  std::string last_exit;  ///< how the child ended last; empty when it never did
  std::optional<ProbeHealth> probe;
  std::vector<CircuitHealth>
      circuits;                     ///< where it has a circuit breaker: its own, and those of tools that are not closed
  std::optional<std::size_t> loop;  ///< where it lives; absent where there is one loop
  std::vector<ChildHealth> replicas;  ///< where there are several
};

struct GatewayHealth {
  HealthStatus status = HealthStatus::Unhealthy;
  std::string version;
  std::string build_time;
  std::string instance_id;
  double uptime_seconds = 0;
  std::vector<ServiceHealth> services;
};

/// Healthy when all are; a service that is down makes it degraded, a required one
/// unhealthy; one that is degraded still serves and makes it degraded.
/// One that is unavailable was never to run here, and counts only where required.
[[nodiscard]] HealthStatus overall(std::vector<ServiceHealth> const& services, bool draining);

/// Healthy, and not only because its probe has not been answered yet.
[[nodiscard]] bool is_proven(ServiceHealth const& service);

/// Whether every required service can be called.
[[nodiscard]] bool is_ready(GatewayHealth const& health);

/// Of services that are joined: healthy when all of these are, and unhealthy when none of them serves.
[[nodiscard]] HealthStatus status_of_group(GatewayHealth const& health, std::vector<std::string> const& members);

/// A sentence that says why it is not healthy; empty if it is.
[[nodiscard]] std::string why(GatewayHealth const& health);

[[nodiscard]] std::string to_json(GatewayHealth const& health);
[[nodiscard]] std::string to_json(GatewayHealth const& health, ServiceHealth const& service);
/// Of a group, with what each of its members says.
[[nodiscard]] std::string to_json(GatewayHealth const& health, std::string const& group,
                                  std::vector<std::string> const& members);

/// Where health comes from.
class HealthSource {
 public:
  /// The gateway, and of its services those of this loop: a look at states, never a wait.
  [[nodiscard]] virtual GatewayHealth health_here() const = 0;

  /// Reports all services, once: before this returns where there is one loop, else
  /// when every loop has said how its services are, or has been silent too long.
  using Tell = std::function<void(GatewayHealth const&)>;
  virtual void ask_health(Tell tell) = 0;

 protected:
  ~HealthSource() = default;
};

}  // namespace gateway::health
