// The tree of owners: what is built from what, started, drained and stopped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/admin/admin.h"
#include "gateway/base/allowance.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/descriptor_budget.h"
#include "gateway/frontend/directory.h"
#include "gateway/http/server.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/process_sampler.h"
#include "gateway/io/service_manager.h"
#include "gateway/io/signals.h"
#include "gateway/io/watch.h"
#include "gateway/log/output_report.h"
#include "gateway/log/outputs.h"
#include "gateway/log/redaction.h"
#include "gateway/metrics/metrics.h"
#include "gateway/round.h"
#include "gateway/shard.h"
#include "gateway/start_report.h"
#include "gateway/trace/span_exporter.h"

namespace gateway {

/// The whole program but its command line: what is there once, whatever the
/// number of loops. It lives on the first loop, whose thread is the one that calls
/// `run`; what other shards tell it comes there as a letter. Members are built in
/// the order they stand in and destroyed in reverse: whoever is referred to stands
/// above.
class Gateway final : private io::Signals::Handler,
                      private health::HealthSource,
                      private admin::Program,
                      private Shard::Owner {
 public:
  /// `single`: one service, its endpoints at the root of the main listener.
  /// `descriptors`: what the system leaves for connections. `manager`: who waits
  /// for the listeners to be open.
  struct Options {
    bool single = false;
    DescriptorBudget descriptors;
    io::ServiceManager manager;
  };

  /// `guard` was forked before any thread was made.
  Gateway(config::Config config, Options options, std::unique_ptr<io::ChildGuard> guard);

  /// Opens every listener. The error is a sentence.
  Status listen();
  /// Starts the services and serves until told to stop. Gives the exit code.
  int run();

 private:
  /// What ends the gateway, step by step: new sessions are refused and open calls
  /// are waited for; then sessions end and children are stopped; then it is over.
  /// Each step is taken by all shards together.
  enum class Phase { Serving, Draining, Stopping, Over };

  Status open_main();
  Status open_admin();
  Status open_of_services();
  [[nodiscard]] Status may_listen(config::ListenAddress const& address) const;
  [[nodiscard]] Error with_setting(Error const& error, std::string_view key, std::string_view flag) const;
  void log_descriptors();
  void notify_manager(std::string_view state);
  /// For people who look on, as long as there is something to tell of the start.
  void look_at_start();
  void log_listening(std::string_view name, config::ListenAddress const& address, std::uint16_t port);

  [[nodiscard]] Shard& first() { return *shards_.front(); }
  /// Has every shard do it: the first now, the others as soon as they read their letters.
  template <typename Action>
  void on_every_shard(Action action);
  /// Does it on the first loop: now, where that is the calling one.
  template <typename Action>
  void on_first_loop(std::size_t from, Action action);
  void start_threads();

  void tick();
  void finish_late_rounds();
  void look_at_spans();
  void look_at_outputs();
  void drain();
  void stop();
  /// Puts a question to loops, each on its own thread: `question(shard, answer)`, where
  /// `answer` is called there, now or later. `tell` is called here, when all have
  /// answered or `patience` is over.
  template <typename Said, typename Question>
  void ask(std::vector<std::size_t> const& loops, Duration patience, Question question,
           typename RoundOf<Said>::Tell tell);
  template <typename Said>
  void heard(std::uint64_t round, std::size_t place, Said said);
  void finish_round(std::uint64_t round);
  void drained(std::size_t shard, bool is_drained);
  void shard_over();

  // io::Signals::Handler
  void on_terminate() override;
  void on_reload() override;
  void on_reopen() override;
  // health::HealthSource, for the admin pages
  [[nodiscard]] health::GatewayHealth health_here() const override;
  // health::HealthSource and Shard::Owner
  void ask_health(health::HealthSource::Tell tell) override;
  // admin::Program
  void operate(ServiceKey service, backend::Operation operation, backend::TellEnd tell) override;
  [[nodiscard]] config::LogLevel log_level() const override { return shards_.front()->log().level(); }
  void set_log_level(config::LogLevel level) override;
  [[nodiscard]] frontend::Directory const& directory() const override { return directory_; }
  // Shard::Owner, on the shard's thread
  void on_drained(std::size_t shard, bool is_drained) override;
  void on_over(std::size_t shard) override;
  void move(std::size_t to, http::MovedConnection connection) override;

  config::GatewayConfig config_;
  std::vector<config::ConfigWarning> warnings_;
  bool single_;
  io::ServiceManager manager_;
  metrics::Metrics::About about_;
  std::unique_ptr<io::ChildGuard> guard_;
  io::ProcessSampler sampler_;
  log::LogOutputs log_sink_;
  log::OutputReport output_report_;
  metrics::Metrics metrics_;
  log::Redaction redaction_;
  std::unique_ptr<trace::SpanExporter> spans_;  ///< null where traces are off
  std::string spans_trouble_;                   ///< as it was told last
  frontend::Directory directory_;
  DescriptorBudget descriptors_;
  Allowance connections_;
  Allowance admin_connections_;
  Allowance sessions_;
  Shared shared_;
  std::vector<std::unique_ptr<Shard>> shards_;  ///< by number
  admin::Admin admin_;
  frontend::ServerMetrics admin_server_metrics_;
  http::Server admin_server_;
  io::Signals signals_;
  io::Timer ticker_;
  io::Timer drain_limit_;
  std::vector<std::thread> threads_;  ///< of all shards but the first
  Phase phase_ = Phase::Serving;
  std::vector<bool> drained_;                               ///< by shard
  std::size_t over_ = 0;                                    ///< so many shards have no child any more
  std::map<std::uint64_t, std::unique_ptr<Round>> rounds_;  ///< not answered yet
  std::uint64_t last_round_ = 0;
  TimePoint told_to_stop_;
  unsigned ticks_ = 0;
  Listening listening_;
  std::unique_ptr<StartReport> start_report_;  ///< null where nobody looks on, or all is told
};

}  // namespace gateway
