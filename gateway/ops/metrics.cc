#include "gateway/ops/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <map>
#include <system_error>
#include <unordered_map>
#include <vector>

namespace gateway::ops {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

// Every threshold of the service level objectives is an edge.
Histogram::BucketBoundaries const kSeconds{.0005, .001, .0025, .005, .01, .02, .05, .06, .1, .2, .25,
                                           .3,    .5,   1,     2.5,  5,   10,  30,  60,  120, 300};
Histogram::BucketBoundaries const kStartSeconds{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120};
Histogram::BucketBoundaries const kSessionSeconds{1, 10, 60, 300, 900, 3600, 14400, 86400};
Histogram::BucketBoundaries const kBytes{256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};

/// Tools a service may have series for; the others are counted together.
constexpr std::size_t kMaxTools = 64;

constexpr std::array<std::string_view, 3> kTransports{"sse", "http", "oneshot"};
constexpr std::string_view kReady = "ready";
constexpr std::array<std::string_view, 8> kStates{"stopped",    "starting", kReady, "backoff",
                                                  "crash_loop", "stopping", "idle", "unavailable"};
constexpr std::array<std::string_view, 5> kSessionEnds{"client", "idle", "evicted", "drain", "slow"};

double as_seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// All families, each named once.
struct Families {
  explicit Families(prometheus::Registry& registry);

  Family<Counter>& requests;
  Family<Histogram>& operation_seconds;
  Family<Counter>& tool_calls;
  Family<Histogram>& message_bytes;
  Family<Gauge>& in_flight;
  Family<Counter>& rejected;
  Family<Gauge>& sessions_active;
  Family<Counter>& sessions_opened;
  Family<Counter>& sessions_closed;
  Family<Histogram>& session_seconds;
  Family<Counter>& cache_requests;
  Family<Gauge>& child_up;
  Family<Gauge>& child_state;
  Family<Histogram>& child_start_seconds;
  Family<Counter>& child_restarts;
  Family<Counter>& child_spawn_failures;
  Family<Counter>& child_protocol_errors;
  Family<Counter>& child_stderr_lines;
  Family<Counter>& child_stderr_suppressed;
  Family<Gauge>& child_stdin_queue;
  Family<Gauge>& child_tools;
  Family<Counter>& child_tools_changed;
  Family<Gauge>& child_tools_missing;
  Family<Counter>& child_probes;
  Family<Gauge>& child_probe_up;
  Family<Gauge>& connections_active;
  Family<Counter>& connections;
  Family<Counter>& connections_moved;
  Family<Counter>& loop_busy;
  Family<Counter>& http_requests;
  Family<Counter>& parse_errors;
  Family<Counter>& slow_clients;
  Family<Counter>& auth_failures;
  Family<Gauge>& log_dropped;
  Family<Gauge>& draining;
  Family<Gauge>& build_info;
  Family<Gauge>& process_cpu;
  Family<Gauge>& process_memory;
  Family<Gauge>& process_fds;
};

Family<Counter>& counter(prometheus::Registry& registry, char const* name, char const* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauge(prometheus::Registry& registry, char const* name, char const* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histogram(prometheus::Registry& registry, char const* name, char const* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

Families::Families(prometheus::Registry& r)
    : requests(counter(r, "mcp_server_requests_total", "Client requests answered, by method and HTTP status.")),
      operation_seconds(histogram(r, "mcp_server_operation_duration_seconds",
                                  "Time from a client's request to its answer, by method and outcome.")),
      tool_calls(counter(r, "mcp_server_tool_calls_total", "Tool calls answered, by tool and outcome.")),
      message_bytes(histogram(r, "mcp_server_message_bytes", "Size of requests (in) and answers (out).")),
      in_flight(gauge(r, "mcp_gateway_requests_in_flight", "Calls a service owes an answer now.")),
      rejected(counter(r, "mcp_gateway_rejected_total", "Requests refused before a child saw them, by reason.")),
      sessions_active(gauge(r, "mcp_gateway_sessions_active", "Open sessions, by transport.")),
      sessions_opened(counter(r, "mcp_gateway_sessions_opened_total", "Sessions opened, by transport.")),
      sessions_closed(counter(r, "mcp_gateway_sessions_closed_total", "Sessions closed, by transport and reason.")),
      session_seconds(histogram(r, "mcp_server_session_duration_seconds", "How long sessions lasted.")),
      cache_requests(counter(r, "mcp_gateway_cache_requests_total", "tools/list requests that the kept list could answer.")),
      child_up(gauge(r, "mcp_child_up", "Children of a service that have completed their handshake.")),
      child_state(gauge(r, "mcp_child_state", "Children of a service, by the state they are in.")),
      child_start_seconds(histogram(r, "mcp_child_start_duration_seconds", "Time from spawn to the end of the handshake.")),
      child_restarts(counter(r, "mcp_child_restarts_total", "Times a child ended unasked, by reason.")),
      child_spawn_failures(counter(r, "mcp_child_spawn_failures_total", "Times a child's program could not be started.")),
      child_protocol_errors(counter(r, "mcp_child_protocol_errors_total",
                                    "Lines of a child that were no message, or answered nothing, by reason.")),
      child_stderr_lines(counter(r, "mcp_child_stderr_lines_total", "Lines children wrote to stderr.")),
      child_stderr_suppressed(counter(r, "mcp_child_stderr_suppressed_total", "Of these, lines not logged.")),
      child_stdin_queue(gauge(r, "mcp_child_stdin_queue_bytes", "Bytes that wait for a child to read them.")),
      child_tools(gauge(r, "mcp_child_tools", "Tools a service offers.")),
      child_tools_changed(counter(r, "mcp_child_tools_changed_total", "Times a service's tools became others.")),
      child_tools_missing(gauge(r, "mcp_child_tools_missing", "Expected tools a service does not offer.")),
      child_probes(counter(r, "mcp_child_probes_total", "Probes of what is behind a service, by what they showed.")),
      child_probe_up(gauge(r, "mcp_child_probe_up", "1 while what is behind a service works, as its probe shows.")),
      connections_active(gauge(r, "mcp_gateway_connections_active", "Open HTTP connections.")),
      connections(counter(r, "mcp_gateway_connections_total", "HTTP connections, by what became of them.")),
      connections_moved(counter(r, "mcp_gateway_connections_moved_total",
                                "Times a connection moved to the loop of the service its next request named.")),
      loop_busy(counter(r, "mcp_gateway_loop_busy_seconds_total", "CPU time of each loop's thread.")),
      http_requests(counter(r, "mcp_gateway_http_requests_total", "HTTP requests answered, by status.")),
      parse_errors(counter(r, "mcp_gateway_http_parse_errors_total", "HTTP requests refused by the parser, by reason.")),
      slow_clients(counter(r, "mcp_gateway_slow_clients_total", "Connections closed since their client did not read.")),
      auth_failures(counter(r, "mcp_gateway_auth_failures_total", "Requests without the right to come in, by reason.")),
      log_dropped(gauge(r, "mcp_gateway_log_dropped_total", "Log lines lost because nobody read those before them.")),
      draining(gauge(r, "mcp_gateway_draining", "1 while the gateway takes no new sessions and ends.")),
      build_info(gauge(r, "mcp_gateway_build_info", "1, with what this build is.")),
      process_cpu(gauge(r, "process_cpu_seconds_total", "CPU the gateway has used.")),
      process_memory(gauge(r, "process_resident_memory_bytes", "Resident memory of the gateway.")),
      process_fds(gauge(r, "process_open_fds", "Open descriptors of the gateway.")) {}

/// Series by their labels, looked up in the registry once. The labels are
/// constants, so their addresses tell them apart.
template <typename Series>
class Memo {
 public:
  /// `make` gives the series of labels that were not seen before.
  template <typename Make>
  Series& get(std::initializer_list<std::string_view> labels, Make make) {
    std::uint64_t key = 0;
    for (auto const label : labels) {
      key = (key ^ reinterpret_cast<std::uintptr_t>(label.data())) * 0x9E3779B97F4A7C15ULL;
    }
    auto const found = series_.find(key);
    return found != series_.end() ? found->second : series_.emplace(key, make()).first->second;
  }

 private:
  std::unordered_map<std::uint64_t, Series> series_;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

}  // namespace

// ── one service ──────────────────────────────────────────────────────────────

class ServiceProbe::Impl {
 public:
  Impl(Families& families, std::string name)
      : families_(families),
        server_{{"server", std::move(name)}},
        in_flight_(families.in_flight.Add(server_)),
        bytes_in_(families.message_bytes.Add(with({{"direction", "in"}}), kBytes)),
        bytes_out_(families.message_bytes.Add(with({{"direction", "out"}}), kBytes)),
        late_answers_(families.child_protocol_errors.Add(with({{"reason", "unknown_id"}}))),
        up_(families.child_up.Add(server_)),
        start_seconds_(families.child_start_seconds.Add(server_, kStartSeconds)),
        spawn_failures_(families.child_spawn_failures.Add(server_)),
        stderr_lines_(families.child_stderr_lines.Add(server_)),
        stderr_suppressed_(families.child_stderr_suppressed.Add(server_)),
        stdin_queue_(families.child_stdin_queue.Add(server_)),
        tools_(families.child_tools.Add(server_)),
        tools_changed_(families.child_tools_changed.Add(server_)) {
    for (auto const transport : kTransports) {
      families_.sessions_active.Add(with({{"transport", transport}}));
      families_.sessions_opened.Add(with({{"transport", transport}}));
      families_.requests.Add(with({{"transport", transport}, {"method", "tools/call"}, {"code", "200"}}));
      for (auto const reason : kSessionEnds) {
        families_.sessions_closed.Add(with({{"transport", transport}, {"reason", reason}}));
      }
    }
    for (auto const state : kStates) families_.child_state.Add(with({{"state", state}}));
  }

  /// What counts one kind of call, and the sessions of one transport.
  struct CallSeries {
    Counter* requests;
    Histogram* seconds;
  };
  struct SessionSeries {
    Counter* opened;
    Gauge* active;
    Histogram* seconds;
  };

  CallSeries& calls(EndedCall const& call) {
    // Every outcome has one code.
    return calls_.get({call.transport, call.method, call.outcome}, [&] {
      return CallSeries{
          &families_.requests.Add(
              with({{"transport", call.transport}, {"method", call.method}, {"code", std::to_string(call.code)}})),
          &families_.operation_seconds.Add(with({{"method", call.method}, {"outcome", call.outcome}}), kSeconds)};
    });
  }

  SessionSeries& sessions(std::string_view transport) {
    return sessions_.get({transport}, [&] {
      auto const labels = with({{"transport", transport}});
      return SessionSeries{&families_.sessions_opened.Add(labels), &families_.sessions_active.Add(labels),
                           &families_.session_seconds.Add(labels, kSessionSeconds)};
    });
  }

  Counter& sessions_closed(std::string_view transport, std::string_view reason) {
    return *sessions_closed_.get({transport, reason}, [&] {
      return &families_.sessions_closed.Add(with({{"transport", transport}, {"reason", reason}}));
    });
  }

  Counter& cache_requests(std::string_view result) {
    return *cache_requests_.get(
        {result}, [&] { return &families_.cache_requests.Add(with({{"kind", "tools_list"}, {"result", result}})); });
  }

  Counter& tool_calls(std::string_view tool, std::string_view outcome) {
    constexpr std::string_view kOverflow = "_overflow";
    auto const known = tools_seen_.find(tool);
    if (known == tools_seen_.end() && tools_seen_.size() >= kMaxTools) tool = kOverflow;
    auto& by_outcome = known != tools_seen_.end() ? known->second : tools_seen_[std::string(tool)];
    return *by_outcome.get(
        {outcome}, [&] { return &families_.tool_calls.Add(with({{"tool", tool}, {"outcome", outcome}})); });
  }

  Labels with(std::initializer_list<std::pair<char const*, std::string_view>> more) const {
    auto labels = server_;
    for (auto const& [name, value] : more) labels.emplace(name, std::string(value));
    return labels;
  }

  Families& families_;
  Labels server_;
  Gauge& in_flight_;
  Histogram& bytes_in_;
  Histogram& bytes_out_;
  Counter& late_answers_;
  Gauge& up_;
  Histogram& start_seconds_;
  Counter& spawn_failures_;
  Counter& stderr_lines_;
  Counter& stderr_suppressed_;
  Gauge& stdin_queue_;
  Gauge& tools_;
  Counter& tools_changed_;

 private:
  Memo<CallSeries> calls_;
  Memo<SessionSeries> sessions_;
  Memo<Counter*> sessions_closed_;
  Memo<Counter*> cache_requests_;
  std::unordered_map<std::string, Memo<Counter*>, TextHash, std::equal_to<>> tools_seen_;
};

ServiceProbe::ServiceProbe(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ServiceProbe::~ServiceProbe() = default;

void ServiceProbe::call_ended(EndedCall const& call) {
  auto const& series = impl_->calls(call);
  series.requests->Increment();
  series.seconds->Observe(as_seconds(call.took));
  impl_->bytes_in_.Observe(static_cast<double>(call.bytes_in));
  impl_->bytes_out_.Observe(static_cast<double>(call.bytes_out));
  if (!call.tool.empty()) impl_->tool_calls(call.tool, call.outcome).Increment();
}

void ServiceProbe::calls_in_flight(std::size_t count) { impl_->in_flight_.Set(static_cast<double>(count)); }

void ServiceProbe::call_rejected(std::string_view reason) {
  impl_->families_.rejected.Add(impl_->with({{"reason", reason}})).Increment();
}

void ServiceProbe::session_opened(std::string_view transport) {
  auto const& series = impl_->sessions(transport);
  series.opened->Increment();
  series.active->Increment();
}

void ServiceProbe::session_closed(std::string_view transport, std::string_view reason, Duration lasted) {
  auto const& series = impl_->sessions(transport);
  series.active->Decrement();
  series.seconds->Observe(as_seconds(lasted));
  impl_->sessions_closed(transport, reason).Increment();
}

void ServiceProbe::tools_cache_used(bool hit) { impl_->cache_requests(hit ? "hit" : "miss").Increment(); }

void ServiceProbe::late_answer_dropped() { impl_->late_answers_.Increment(); }

void ServiceProbe::child_entered(std::string_view state) {
  impl_->families_.child_state.Add(impl_->with({{"state", state}})).Increment();
  if (state == kReady) impl_->up_.Increment();
}

void ServiceProbe::child_left(std::string_view state) {
  impl_->families_.child_state.Add(impl_->with({{"state", state}})).Decrement();
  if (state == kReady) impl_->up_.Decrement();
}

void ServiceProbe::child_started(Duration until_ready) { impl_->start_seconds_.Observe(as_seconds(until_ready)); }

void ServiceProbe::child_restarted(std::string_view reason) {
  impl_->families_.child_restarts.Add(impl_->with({{"reason", reason}})).Increment();
}

void ServiceProbe::child_spawn_failed() { impl_->spawn_failures_.Increment(); }

void ServiceProbe::child_spoke_nonsense(std::string_view reason) {
  impl_->families_.child_protocol_errors.Add(impl_->with({{"reason", reason}})).Increment();
}

void ServiceProbe::child_stderr(std::size_t lines, std::size_t suppressed) {
  impl_->stderr_lines_.Increment(static_cast<double>(lines));
  impl_->stderr_suppressed_.Increment(static_cast<double>(suppressed));
}

void ServiceProbe::child_stdin_queue(std::size_t bytes) { impl_->stdin_queue_.Set(static_cast<double>(bytes)); }

void ServiceProbe::tools_listed(std::size_t count, bool changed) {
  impl_->tools_.Set(static_cast<double>(count));
  if (changed) impl_->tools_changed_.Increment();
}

void ServiceProbe::tools_missing(std::size_t count) {
  impl_->families_.child_tools_missing.Add(impl_->server_).Set(static_cast<double>(count));
}

void ServiceProbe::probed(bool good) {
  impl_->families_.child_probes.Add(impl_->with({{"result", good ? "passed" : "failed"}})).Increment();
}

void ServiceProbe::probe_standing(bool good) { impl_->families_.child_probe_up.Add(impl_->server_).Set(good ? 1 : 0); }

// ── one loop ─────────────────────────────────────────────────────────────────

namespace {

class LoopCounts final : public LoopProbe {
 public:
  LoopCounts(Families& families, std::size_t number)
      : families_(families),
        accepted_(families.connections.Add({{"result", "accepted"}})),
        refused_(families.connections.Add({{"result", "rejected_limit"}})),
        no_descriptors_(families.connections.Add({{"result", "emfile"}})),
        moved_(families.connections_moved.Add({})),
        active_(families.connections_active.Add({})),
        slow_(families.slow_clients.Add({})),
        busy_(families.loop_busy.Add({{"loop", std::to_string(number)}})) {}

  void runs_here() override {
    clockid_t clock{};
    if (pthread_getcpuclockid(pthread_self(), &clock) == 0) clock_ = clock;
  }

  void connection_opened() override {
    accepted_.Increment();
    active_.Increment();
  }
  void connection_closed() override { active_.Decrement(); }
  void connection_refused() override { refused_.Increment(); }
  void connection_moved() override { moved_.Increment(); }
  void out_of_descriptors() override { no_descriptors_.Increment(); }
  void request_refused(int, std::string_view reason) override {
    families_.parse_errors.Add({{"reason", std::string(reason)}}).Increment();
  }
  void slow_client_dropped() override { slow_.Increment(); }
  void answered(int status) override {
    auto& count = answers_[static_cast<std::size_t>(status) % kStatuses];
    // Only this loop's thread writes, so nothing can come between.
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  /// From any thread.
  [[nodiscard]] std::uint64_t answers(std::size_t status) const {
    return answers_[status].load(std::memory_order_relaxed);
  }
  void read_clock() {
    timespec used{};
    auto const clock = clock_.load();
    if (clock == kNoClock || clock_gettime(clock, &used) != 0) return;
    raise_to(busy_, static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9);
  }

  static void raise_to(Counter& counter, double total) {
    if (auto const more = total - counter.Value(); more > 0) counter.Increment(more);
  }

  static constexpr std::size_t kStatuses = 600;

 private:
  static constexpr clockid_t kNoClock = CLOCK_REALTIME;

  Families& families_;
  Counter& accepted_;
  Counter& refused_;
  Counter& no_descriptors_;
  Counter& moved_;
  Gauge& active_;
  Counter& slow_;
  Counter& busy_;
  std::atomic<clockid_t> clock_{kNoClock};
  std::array<std::atomic<std::uint64_t>, kStatuses> answers_{};
};

}  // namespace

// ── the program ──────────────────────────────────────────────────────────────

class Metrics::Impl {
 public:
  explicit Impl(About const& about)
      : families_(registry_), log_dropped_(families_.log_dropped.Add({})), draining_(families_.draining.Add({})) {
    families_.build_info
        .Add({{"version", about.version},
              {"revision", about.revision},
              {"build_time", about.build_time},
              {"instance_id", about.instance_id}})
        .Set(1);
    (void)loop(0);  // there always is one
  }

  LoopProbe& loop(std::size_t number) {
    while (loops_.size() <= number) loops_.push_back(std::make_unique<LoopCounts>(families_, loops_.size()));
    return *loops_[number];
  }

  void read_loops() {
    for (auto const& loop : loops_) loop->read_clock();
    for (std::size_t status = 0; status < LoopCounts::kStatuses; ++status) {
      std::uint64_t answers = 0;
      for (auto const& loop : loops_) answers += loop->answers(status);
      if (answers == 0) continue;
      LoopCounts::raise_to(families_.http_requests.Add({{"code", std::to_string(status)}}),
                           static_cast<double>(answers));
    }
  }

  void read_process() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto const time = [](timeval t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    families_.process_cpu.Add({}).Set(time(usage.ru_utime) + time(usage.ru_stime));
    families_.process_memory.Add({}).Set(resident_bytes());
    families_.process_fds.Add({}).Set(open_descriptors());
  }

  prometheus::Registry registry_;
  Families families_;
  Gauge& log_dropped_;
  Gauge& draining_;
  std::map<std::string, std::unique_ptr<ServiceProbe>> services_;
  std::vector<std::unique_ptr<LoopCounts>> loops_;

 private:
  static double open_descriptors() {
    std::error_code error;
    std::filesystem::directory_iterator const entries("/proc/self/fd", error);
    if (error) return 0;
    // The look itself holds one.
    return static_cast<double>(std::distance(begin(entries), end(entries))) - 1;
  }

  static double resident_bytes() {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "r"), std::fclose);
    long total = 0;
    long resident = 0;
    if (!file || std::fscanf(file.get(), "%ld %ld", &total, &resident) != 2) return 0;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
};

Metrics::Metrics(About const& about) : impl_(std::make_unique<Impl>(about)) {}
Metrics::~Metrics() = default;

ServiceProbe& Metrics::service(std::string const& name) {
  auto& probe = impl_->services_[name];
  if (!probe) probe = std::make_unique<ServiceProbe>(std::make_unique<ServiceProbe::Impl>(impl_->families_, name));
  return *probe;
}

LoopProbe& Metrics::loop(std::size_t number) { return impl_->loop(number); }

void Metrics::auth_failed(std::string_view reason) {
  impl_->families_.auth_failures.Add({{"reason", std::string(reason)}}).Increment();
}

void Metrics::logs_dropped(std::size_t total) { impl_->log_dropped_.Set(static_cast<double>(total)); }

void Metrics::draining(bool is_draining) { impl_->draining_.Set(is_draining ? 1 : 0); }

std::string Metrics::text() {
  impl_->read_process();
  impl_->read_loops();
  return prometheus::TextSerializer().Serialize(impl_->registry_.Collect());
}

}  // namespace gateway::ops
