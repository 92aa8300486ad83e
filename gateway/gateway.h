// The tree of owners: what is built from what, started, drained and stopped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/backend/supervisor.h"
#include "gateway/base/entropy.h"
#include "gateway/base/result.h"
#include "gateway/frontend/front_door.h"
#include "gateway/http/server.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/signals.h"
#include "gateway/io/watch.h"
#include "gateway/mcp/session_table.h"
#include "gateway/ops/admin.h"
#include "gateway/ops/config.h"
#include "gateway/ops/log.h"
#include "gateway/ops/metrics.h"

namespace gateway {

/// The whole program but its command line. Members are built in the order they
/// stand in and destroyed in reverse: whoever is referred to stands above.
class Gateway final : private io::Signals::Handler,
                      private ops::HealthSource,
                      public backend::Supervisor::Owner {
 public:
  /// `single`: one service, its endpoints at the root of the main listener.
  struct Options {
    bool single = false;
  };

  /// `guard` was forked before any thread was made.
  Gateway(ops::Config config, Options options, std::unique_ptr<io::ChildGuard> guard);

  /// Opens every listener. The error is a sentence.
  Status listen();
  /// Starts the services and serves until told to stop. Gives the exit code.
  int run();

 private:
  /// What ends the gateway, step by step: new sessions are refused and open calls
  /// are waited for; then sessions end and children are stopped; then it is over.
  enum class Phase { Serving, Draining, Stopping, Over };

  Status open(http::Server& server, ops::ListenAddress const& address, http::ListenerTag tag, std::string_view name);
  void tick();
  void drain();
  [[nodiscard]] bool drained() const;
  void stop_children();

  // io::Signals::Handler
  void on_terminate() override;
  void on_reload() override;
  // ops::HealthSource
  [[nodiscard]] ops::GatewayHealth health() const override;
  // backend::Supervisor::Owner
  void on_all_stopped() override;

  ops::Config config_;
  ops::Metrics::About about_;
  std::unique_ptr<io::ChildGuard> guard_;
  io::EventLoop loop_;
  SystemEntropy entropy_;
  ops::LogSink log_sink_;
  ops::Log log_;
  ops::Metrics metrics_;
  mcp::SessionTable sessions_;
  frontend::Desk desk_;
  frontend::FrontDoor front_door_;
  ops::Admin admin_;
  http::Server server_;
  http::Server admin_server_;
  backend::Supervisor supervisor_;
  io::Signals signals_;
  io::Timer ticker_;
  io::Timer drain_limit_;
  Phase phase_ = Phase::Serving;
  TimePoint started_;
  TimePoint told_to_stop_;
  unsigned ticks_ = 0;
};

}  // namespace gateway
