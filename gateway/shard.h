// One loop and everything that lives on it: connections, sessions, services.
#pragma once

#include <string>
#include <vector>

#include "gateway/backend/supervisor.h"
#include "gateway/base/entropy.h"
#include "gateway/base/result.h"
#include "gateway/frontend/front_door.h"
#include "gateway/http/server.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/watch.h"
#include "gateway/mcp/session_table.h"
#include "gateway/ops/config.h"
#include "gateway/ops/log.h"
#include "gateway/ops/metrics.h"

namespace gateway {

/// What is there once in the program. References outlive every shard.
struct Shared {
  ops::Config const& config;  ///< its services are those that run
  ops::Metrics::About const& about;
  bool single = false;  ///< one service, its endpoints at the root of the main listener
  io::ChildGuard& guard;
  ops::LogSink& log_sink;
  ops::Metrics& metrics;
  ops::HealthSource& health;
};

/// Members are built in the order they stand in and destroyed in reverse: whoever
/// is referred to stands above. Owned by the Gateway from start to end.
class Shard final : public backend::Supervisor::Owner {
 public:
  class Owner {
   public:
    /// After `drain`: whether all that clients are owed has been given. It is told
    /// when it changes, since clients may go on calling until `stop`.
    virtual void on_drained(bool is_drained) = 0;
    /// After `stop`: every child is gone.
    virtual void on_over() = 0;

   protected:
    ~Owner() = default;
  };

  Shard(Shared const& shared, Owner& owner);

  /// Opens a listener for clients. Gives the port.
  Result<std::uint16_t> listen(ops::ListenAddress const& address, http::ListenerTag tag);

  /// Starts the services and serves until the loop is stopped.
  void run();
  /// Takes no new sessions; `on_drained` follows, perhaps before this returns.
  void drain();
  /// Ends sessions, listeners and children; `on_over` follows, perhaps before this returns.
  void stop();

  [[nodiscard]] std::vector<ops::ServiceHealth> service_health() const;
  [[nodiscard]] std::size_t calls_owed() const { return supervisor_.calls_owed(); }
  [[nodiscard]] io::EventLoop& loop() { return loop_; }
  [[nodiscard]] io::EventLoop const& loop() const { return loop_; }
  [[nodiscard]] ops::Log& log() { return log_; }

 private:
  enum class Phase { Serving, Draining, Stopping };

  void tick();
  void tell_whether_drained();
  // backend::Supervisor::Owner
  void on_all_stopped() override;

  Shared const& shared_;
  Owner& owner_;
  io::EventLoop loop_;
  SystemEntropy entropy_;
  ops::Log log_;
  mcp::SessionTable sessions_;
  frontend::Desk desk_;
  frontend::FrontDoor front_door_;
  http::Server server_;
  backend::Supervisor supervisor_;
  io::Timer ticker_;
  Phase phase_ = Phase::Serving;
  bool told_drained_ = false;
  unsigned ticks_ = 0;
};

/// What the configuration says of an HTTP server.
[[nodiscard]] http::ServerLimits server_limits(ops::GatewayConfig const& config);

/// How often time limits are looked at. Calls are held to theirs this closely.
inline constexpr Duration kTick = milliseconds(250);
inline constexpr unsigned kTicksPerSecond = 4;

}  // namespace gateway
