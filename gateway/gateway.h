// The tree of owners: what is built from what, started, drained and stopped.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/admin.h"
#include "gateway/admin/reload.h"
#include "gateway/admin/upgrade.h"
#include "gateway/base/allowance.h"
#include "gateway/base/result.h"
#include "gateway/canaries.h"
#include "gateway/config/config.h"
#include "gateway/descriptor_budget.h"
#include "gateway/frontend/directory.h"
#include "gateway/http/server.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/process_sampler.h"
#include "gateway/io/service_manager.h"
#include "gateway/io/signals.h"
#include "gateway/io/watch.h"
#include "gateway/listeners.h"
#include "gateway/log/output_report.h"
#include "gateway/log/outputs.h"
#include "gateway/log/redaction.h"
#include "gateway/loops.h"
#include "gateway/metrics/metrics.h"
#include "gateway/sandbox/support.h"
#include "gateway/shard.h"
#include "gateway/span_posting.h"
#include "gateway/start_report.h"
#include "gateway/takeover.h"
#include "gateway/tls_listeners.h"
#include "gateway/trace/span_exporter.h"
#include "gateway/upgrade.h"

namespace gateway {

/// A configuration without disabled services, whose own part has what depends on the machine.
[[nodiscard]] config::GatewayConfig completed(config::Config& config);

/// The whole program except its command line: what exists once, whatever the number
/// of loops. It lives on the first loop, whose thread is the one that calls `run`; other
/// shards report to it through that loop's mailbox. How far it is on its way to the end
/// is the first shard's phase. Members are built in the order of their declarations and
/// destroyed in reverse: a member only refers to those above it.
class Gateway final : private io::Signals::Handler,
                      private health::HealthSource,
                      private admin::Program,
                      private Shard::Owner,
                      private Canaries::Owner,
                      private Upgrade::Owner,
                      private Takeover::Owner {
 public:
  /// `single`: one service, its endpoints at the root of the main listener.
  /// `source`: where the configuration came from; null where there is nothing to read again.
  /// `descriptors`: what the system leaves for connections. `manager`: is notified when
  /// the listeners are open. `sandbox`: what the system can do to children.
  /// `start`: how the program was started, to start the next one; nothing where that cannot be done again, and
  /// `no_upgrade` says why. `inheritance`: of the process that this one replaces.
  struct Options {
    bool single = false;
    std::optional<io::ProgramStart> start{};
    std::string no_upgrade{};
    std::optional<Inheritance> inheritance{};
    std::unique_ptr<admin::ConfigSource> source{};
    DescriptorBudget descriptors;
    io::ServiceManager manager;
    sandbox::Support sandbox{};
  };

  /// `guard` was forked before any thread was created.
  Gateway(config::Config config, Options options, std::unique_ptr<io::ChildGuard> guard);

  /// Opens every listener. The error is a sentence.
  Status listen();
  /// Starts the services and serves until told to stop. Returns the exit code.
  int run();

 private:
  void log_descriptors();
  void notify_manager(std::string_view state);
  /// For people at a terminal, until the start is complete.
  void look_at_start();

  [[nodiscard]] Shard& first() const { return loops_.first(); }
  void tick();
  void look_at_outputs();
  void look_at_canaries();
  // gateway_reload.cc
  [[nodiscard]] Status begin_reload(config::Config next);
  void take_up_admin(ListenerPlan& plan);
  [[nodiscard]] Setup setup_of(std::size_t loop, ListenerPlan& plan);
  void post_setups(ListenerPlan plan);
  void end_reload(admin::ReloadRequest const& request, admin::ReloadEnd const& end, admin::TellReload const& tell);
  void look_at_source();
  void log_listening(std::string_view name, OpenListener const& listener);
  void open(ListenerPlan plan);
  // gateway_upgrade.cc
  using Sockets = std::vector<http::Server::Listening>;
  [[nodiscard]] std::string why_not_now() const;
  void begin_upgrade(health::GatewayHealth const& health, std::vector<std::optional<Sockets>> const& sockets);
  [[nodiscard]] std::vector<Upgrade::Offered> offer(std::vector<std::optional<Sockets>> const& sockets);
  [[nodiscard]] std::string listener_name(http::ListenerTag tag) const;
  [[nodiscard]] io::TlsServer* tls_of(http::ListenerTag tag) const;
  void end_upgrade(admin::UpgradeEnd const& end);
  void look_at_upgrade();
  void tell_start();
  [[nodiscard]] Keep what_to_keep(bool serve_again) const;
  void listen_again();
  void drain();
  void leave();
  void left();
  void stop();
  void drained(std::size_t shard, bool is_drained);
  void end_if_unused();
  void shard_over();

  // io::Signals::Handler
  void on_terminate() override;
  void on_reload() override;
  void on_reopen() override;
  void on_upgrade() override;
  // health::HealthSource, for the admin pages
  [[nodiscard]] health::GatewayHealth health_here() const override;
  // health::HealthSource and Shard::Owner
  void ask_health(health::HealthSource::Tell tell) override;
  // admin::Program
  void operate(ServiceKey service, backend::Operation operation, backend::TellEnd tell) override;
  [[nodiscard]] config::LogLevel log_level() const override { return first().log().level(); }
  void set_log_level(config::LogLevel level) override;
  [[nodiscard]] frontend::Directory const& directory() const override { return *directory_; }
  void reload(admin::ReloadRequest request, admin::TellReload tell) override;
  void upgrade(admin::UpgradeRequest request, admin::TellUpgrade tell) override;
  [[nodiscard]] admin::CanaryEnd canary(admin::CanaryRequest const& request) override;
  [[nodiscard]] std::vector<admin::ServiceVersions> versions() const override { return canaries_.status(); }
  // Canaries::Owner; `directory` as above
  void set_weights(ServiceKey service, frontend::VersionWeights weights) override;
  // Shard::Owner, on the shard's thread
  void on_drained(std::size_t shard, bool is_drained) override;
  void on_over(std::size_t shard) override;
  void move(std::size_t to, http::MovedConnection connection) override;
  void pass(std::size_t shard, http::Process to, http::MovedConnection connection) override;
  // Upgrade::Owner and Takeover::Owner
  void on_next_serves() override;
  void on_upgrade_failed(std::string const& why) override;
  void on_next_gone() override;
  void on_keep(Keep const& keep) override;
  void on_end_sessions() override;
  void on_known_to_leave() override { left(); }
  void on_told_to_serve() override;
  void on_abandoned() override;
  void on_former_leaves() override;
  void on_former_gone() override;
  void on_passed(http::MovedConnection connection, std::string const& listener) override;

  /// A reload that the loops are taking up.
  struct Reload {
    admin::ReloadRequest request;
    admin::ReloadEnd end;
    admin::TellReload tell;
    std::unique_ptr<frontend::Directory> former{};  ///< which loops may still use
    std::vector<Setup> setups{};                    ///< by loop
  };

  /// A listener that is closed here, as the next process has it, and is opened again should that die.
  struct Kept {
    std::size_t loop = 0;
    http::ListenerTag tag{};
    bool is_admin = false;
    io::Listener::Bound bound{};
  };
  /// An upgrade that was asked for, until it is known what came of it.
  struct AskedUpgrade {
    admin::UpgradeRequest request;
    admin::TellUpgrade tell;
  };

  config::GatewayConfig config_;
  std::vector<config::ConfigWarning> warnings_;
  bool single_;
  std::optional<io::ProgramStart> program_start_;
  std::string no_upgrade_;
  std::optional<Inheritance> inheritance_;  ///< until `listen`
  Generation generation_;
  std::size_t predecessors_;  ///< when it began; they end one after another, the oldest first or not
  std::unique_ptr<admin::ConfigSource> source_;
  bool source_changed_ = false;
  io::ServiceManager manager_;
  metrics::Metrics::About about_;
  std::unique_ptr<io::ChildGuard> guard_;
  io::ProcessSampler sampler_;
  log::LogOutputs log_sink_;
  log::OutputReport output_report_;
  metrics::Metrics metrics_;
  std::vector<std::string> secrets_;  ///< of the current configuration
  log::Redaction redaction_;
  std::unique_ptr<trace::SpanExporter> spans_;  ///< null where traces are off
  std::unique_ptr<frontend::Directory> directory_;
  TlsListeners tls_;
  DescriptorBudget descriptors_;
  Allowance connections_;
  Allowance admin_connections_;
  Allowance sessions_;
  frontend::Quotas quotas_;
  Shared shared_;
  Loops loops_;
  SpanWatch span_watch_;
  Canaries canaries_;
  admin::Admin admin_;
  frontend::ServerMetrics admin_server_metrics_;
  http::Server admin_server_;
  io::Signals signals_;
  io::Timer ticker_;
  io::Timer drain_limit_;
  io::Timer retire_limit_;
  io::Timer leave_limit_;
  std::vector<bool> drained_;          ///< by shard
  std::size_t over_ = 0;               ///< shards that have no child any more
  bool leaves_ = false;                ///< the next process is told that this one ends
  bool next_knows_it_leaves_ = false;  ///< it passes nothing on any more
  TimePoint told_to_stop_;
  unsigned ticks_ = 0;
  Listening listening_;
  std::unique_ptr<Reload> reload_;                 ///< null while there is none
  std::unique_ptr<StartReport> start_report_;      ///< null without a terminal, or once it is complete
  std::unique_ptr<Takeover> former_;               ///< null without a process before
  std::optional<ListenerPlan> planned_listeners_;  ///< listeners that are still those of the process before
  std::unique_ptr<Upgrade> next_;                  ///< null without a process that is to replace this one
  std::optional<AskedUpgrade> asked_upgrade_;
  std::vector<Kept> kept_listeners_;
  bool may_serve_again_ = true;  ///< should the next process die
};

}  // namespace gateway
