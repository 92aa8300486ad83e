// One loop and everything that lives on it: connections, sessions, services.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/auth/curl_fetcher.h"
#include "gateway/backend/supervisor.h"
#include "gateway/base/allowance.h"
#include "gateway/base/entropy.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/frontend/directory.h"
#include "gateway/frontend/front_door.h"
#include "gateway/frontend/server_metrics.h"
#include "gateway/groups/group.h"
#include "gateway/http/mover.h"
#include "gateway/http/server.h"
#include "gateway/io/child_guard.h"
#include "gateway/io/event_loop.h"
#include "gateway/io/mailbox.h"
#include "gateway/io/process_sampler.h"
#include "gateway/io/relay.h"
#include "gateway/io/watch.h"
#include "gateway/listeners.h"
#include "gateway/log/log.h"
#include "gateway/log/redaction.h"
#include "gateway/mcp/session_table.h"
#include "gateway/metrics/loop_probe.h"
#include "gateway/metrics/metrics.h"
#include "gateway/sandbox/support.h"
#include "gateway/trace/tracer.h"

namespace gateway {

/// What a shard needs of the machine: time, random numbers, and starting programs. Tests
/// supply their own.
struct Machine {
  Clock const* clock = nullptr;            ///< null: the machine's own
  Entropy* entropy = nullptr;              ///< null: the machine's own
  auth::Fetcher* fetcher = nullptr;        ///< null: libcurl
  std::function<UnixTime()> wall_clock{};  ///< null: the machine's own
  io::Spawner* spawner = nullptr;          ///< null: real programs, watched by the guard
};

/// What a configuration is made into for one shard.
struct Setup {
  config::GatewayConfig config;
  frontend::Directory const& directory;  ///< outlives the shard, or what it does with the next setup
  log::Redaction redaction;
  std::vector<http::ListenerTag> closed;  ///< listeners that are there no more, or are opened elsewhere
  std::vector<NewListener> opened;
  std::vector<std::pair<http::ListenerTag, http::Server::Expelled>> expelled;
  std::vector<std::pair<http::ListenerTag, io::TlsServer*>> tls;  ///< of all listeners; null for plain HTTP
};

/// What exists once in the program, whatever the number of loops: constants, and
/// objects that may be used from several threads. References outlive every shard.
struct Shared {
  config::GatewayConfig const& config;
  metrics::Metrics::About const& about;
  frontend::Directory const& directory;    ///< the first one
  io::ChildGuard* guard;                   ///< null where the machine has a spawner of its own
  std::size_t open_files_of_children = 0;  ///< as ChildSpawner has it
  io::ProcessSampler const& sampler;
  log::LogSink& log_sink;
  metrics::Metrics& metrics;
  log::Redaction const& redaction;
  trace::SpanExporter* spans;  ///< null where traces are off
  Allowance& connections;
  Allowance& sessions;
  frontend::Quotas& quotas;
  TimePoint started;
  sandbox::Support sandbox{};
};

/// Built before there are threads and destroyed when there are none again; in between,
/// everything except `post` is called by the thread that is in `run`. Members are
/// built in the order of their declarations and destroyed in reverse: a member only
/// refers to those above it.
class Shard final : private backend::Supervisor::Owner,
                    private health::HealthSource,
                    private http::Mover,
                    private io::Relay::Owner {
 public:
  /// The program around it. Called by the shard's own thread.
  class Owner {
   public:
    /// After `drain`: whether everything that clients are owed has been sent. After `retire`: whether nobody needs it any
    /// more. Reported whenever it changes, since clients may go on calling until `stop`.
    virtual void on_drained(std::size_t shard, bool is_drained) = 0;
    /// After `stop`: every child is gone.
    virtual void on_over(std::size_t shard) = 0;
    /// Asked by the first shard only.
    virtual void ask_health(health::HealthSource::Tell tell) = 0;
    /// Hands a connection to another shard.
    virtual void move(std::size_t to, http::MovedConnection connection) = 0;
    /// Hands a connection without TLS, which the shard had, to another process.
    virtual void pass(std::size_t shard, http::Process to, http::MovedConnection connection) = 0;

   protected:
    ~Owner() = default;
  };

  /// `number` counts from 0.
  Shard(std::size_t number, Shared const& shared, Owner& owner, Machine machine = {});

  /// From any thread: this shard's thread calls `letter` in one of its next turns.
  /// Letters that were not called when the program ends are destroyed with the shard.
  template <typename Letter>
  void post(Letter letter) {
    mailbox_.post(std::move(letter));
  }

  [[nodiscard]] std::size_t number() const { return number_; }

  /// A new connection, as if from one of its listeners.
  void accepted(io::UniqueFd fd, http::ListenerTag tag) { server_.accepted(std::move(fd), tag); }

  /// Starts its services.
  void start();
  /// The same, and serves until the loop is stopped.
  void run();
  /// The next process serves: its are new sessions, and the listeners. `on_drained` follows, perhaps before this returns.
  void retire();
  /// The next process is gone: serves again, by these listeners.
  void resume(std::vector<NewListener> listeners);
  /// Whether there is a process before, which has sessions still.
  void set_former(bool is_there) { desk_.has_former = is_there; }
  /// The sockets that listen here.
  [[nodiscard]] std::vector<http::Server::Listening> listening() const { return server_.listening(); }
  /// Takes no new sessions; `on_drained` follows, perhaps before this returns.
  void drain();
  /// Ends sessions, listeners and children; `on_over` follows, perhaps before this returns.
  void stop();

  /// Another configuration, with the directory made of it, holds from now on: services that are not in it any more are
  /// removed, new ones are started, and those that differ are replaced. While it is stopping, only the directory.
  void take_up(Setup& next);
  /// The listeners of a setup alone.
  void take_up_listeners(Setup& next);

  /// From now on, the parts of owners that the versions of a service have.
  void set_weights(ServiceKey service, frontend::VersionWeights const& weights) {
    desk_.versions.set_weights(service, weights);
  }

  /// How far it is on the way to its end: as `drain` and `stop` have taken it.
  [[nodiscard]] frontend::Phase phase() const { return desk_.phase; }

  /// What an operator asks of a service. `tell` is called once, perhaps before this returns.
  void operate(ServiceKey service, backend::Operation const& operation, backend::TellEnd tell);

  /// Continues a connection that moved here from another shard.
  void adopt(http::MovedConnection connection) { server_.adopt(std::move(connection)); }
  /// The same, from another process.
  void adopt_passed(http::MovedConnection connection) { server_.adopt_passed(std::move(connection)); }

  /// The health of the gateway, with the services of this shard only.
  [[nodiscard]] health::GatewayHealth health_here() const override;
  [[nodiscard]] io::EventLoop& loop() { return loop_; }
  [[nodiscard]] log::Log& log() { return log_; }

 private:
  [[nodiscard]] auth::Authenticator::Machine machine_of_auth(Machine const& machine);
  backend::Service& add(frontend::ListedService const& listed);
  void take_up_services(frontend::Directory const& directory);
  void take_up_groups(frontend::Directory const& directory);
  void add_group(frontend::ListedGroup const& listed);
  [[nodiscard]] std::vector<groups::Member> members_of(frontend::ListedGroup const& listed) const;
  [[nodiscard]] auth::Fetcher* fetcher();
  void tick();
  void look_at_lag();
  void look_at_versions();
  void tell_whether_drained();
  // backend::Supervisor::Owner
  void on_all_stopped() override;
  void on_service_gone(ServiceKey key) override { desk_.services.take(key); }
  // health::HealthSource
  void ask_health(Tell tell) override;
  // http::Mover
  [[nodiscard]] std::optional<std::size_t> elsewhere(http::RequestHead const& head, http::ListenerTag tag) override;
  void move(std::size_t to, http::MovedConnection connection) override;
  void pass(http::Process to, http::MovedConnection connection) override;
  // io::Relay::Owner
  void on_relay_over(io::Relay& relay) override;
  [[nodiscard]] bool owes_anything() const;

  std::size_t number_;
  Shared const& shared_;
  config::GatewayConfig config_;  ///< the current one: its address stays
  log::Redaction redaction_;      ///< likewise
  backend::ClientTerms terms_;
  Owner& owner_;
  io::EventLoop loop_;
  std::optional<io::ChildSpawner> spawner_;  ///< of real programs
  io::Mailbox mailbox_;
  metrics::LoopProbe& probe_;
  frontend::ServerMetrics server_metrics_;
  SystemEntropy system_entropy_;
  Entropy& entropy_;
  mcp::StateSeal seal_;
  log::Log log_;
  trace::Tracer tracer_;
  mcp::SessionTable sessions_;
  frontend::Desk desk_;
  auth::Fetcher* given_fetcher_;              ///< by the machine; null without
  std::optional<auth::CurlFetcher> fetcher_;  ///< only where there is somebody to ask
  frontend::FrontDoor front_door_;
  http::Server server_;
  backend::Supervisor supervisor_;
  struct GroupHere {
    GroupHere(config::ServiceConfig seen, groups::Surroundings around, config::GroupConfig group_config,
              std::vector<groups::Member> members)
        : config(std::move(seen)), group(std::move(around), std::move(group_config), std::move(members)) {}

    config::ServiceConfig config;  ///< what clients see of it
    groups::Group group;
  };
  std::map<ServiceKey, std::unique_ptr<GroupHere>> groups_;  ///< that live here
  io::Timer ticker_;
  io::Timer lag_timer_;
  TimePoint lag_timer_due_;
  std::vector<std::unique_ptr<io::Relay>> relays_;  ///< of connections with TLS that another process serves
  bool told_drained_ = false;
  unsigned ticks_ = 0;
};

/// The configured limits of an HTTP server.
[[nodiscard]] http::ServerLimits server_limits(config::GatewayConfig const& config);

/// How often timeouts are checked: also the precision of a call's timeout.
inline constexpr Duration kTick = milliseconds(250);
inline constexpr unsigned kTicksPerSecond = 4;

/// How long a loop polls with `busy_poll`: longer than a fast server takes to answer, and
/// about as long as waking a thread takes.
inline constexpr Duration kBusyPoll = std::chrono::microseconds(50);

}  // namespace gateway
