// The tree of owners: what is built from what, started, drained and stopped.
#pragma once

#include <memory>
#include <string>

#include "gateway/base/result.h"
#include "gateway/http/server.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/signals.h"
#include "gateway/io/watch.h"
#include "gateway/ops/admin.h"
#include "gateway/ops/config.h"
#include "gateway/ops/log_sink.h"
#include "gateway/ops/metrics.h"
#include "gateway/shard.h"

namespace gateway {

/// The whole program but its command line: what is there once, whatever the
/// number of loops. Members are built in the order they stand in and destroyed in
/// reverse: whoever is referred to stands above.
class Gateway final : private io::Signals::Handler, private ops::HealthSource, private Shard::Owner {
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

  Status open_main();
  Status open_admin();
  Status open_of_services();
  [[nodiscard]] Status may_listen(ops::ListenAddress const& address) const;
  void log_listening(std::string_view name, ops::ListenAddress const& address, std::uint16_t port);
  void tick();
  void drain();
  void stop();

  // io::Signals::Handler
  void on_terminate() override;
  void on_reload() override;
  // ops::HealthSource
  [[nodiscard]] ops::GatewayHealth health() const override;
  // Shard::Owner
  void on_drained(bool is_drained) override;
  void on_over() override;

  ops::Config config_;
  ops::Metrics::About about_;
  std::unique_ptr<io::ChildGuard> guard_;
  ops::LogSink log_sink_;
  ops::Metrics metrics_;
  Shared shared_;
  Shard shard_;
  ops::Admin admin_;
  http::Server admin_server_;
  io::Signals signals_;
  io::Timer ticker_;
  io::Timer drain_limit_;
  Phase phase_ = Phase::Serving;
  TimePoint started_;
  TimePoint told_to_stop_;
  unsigned ticks_ = 0;
};

}  // namespace gateway
