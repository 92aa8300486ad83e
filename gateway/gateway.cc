#include "gateway/gateway.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <utility>

#include "gateway/build_info.h"
#include "gateway/gathered_health.h"
#include "gateway/http/client.h"
#include "gateway/metrics/loop_probe.h"

namespace gateway {

namespace {

/// How long a loop may be silent.
constexpr Duration kLoopPatience = seconds(2);
/// A second signal this long after the first means: do not wait for calls.
constexpr Duration kImpatience = seconds(1);

/// How often the resources of children are looked at.
constexpr Duration kSampleEvery = seconds(5);

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

/// Removes disabled services; returns the rest of the configuration with what depends on the machine.
config::GatewayConfig completed(config::Config& config) {
  std::erase_if(config.services, [](config::ServiceConfig const& service) { return service.disabled; });
  auto gateway = config.gateway;
  if (gateway.instance_id.empty()) gateway.instance_id = host_name();
  return gateway;
}

std::vector<std::unique_ptr<Shard>> make_shards(Shared const& shared, Shard::Owner& owner) {
  std::vector<std::unique_ptr<Shard>> shards;
  for (std::size_t i = 0; i < shared.directory.loops(); ++i)
    shards.push_back(std::make_unique<Shard>(i, shared, owner));
  return shards;
}

std::string header_lines(config::TracesConfig const& config) {
  std::string lines = "Content-Type: application/json\r\n";
  for (auto const& [name, value] : config.headers) lines.append(fmt::format("{}: {}\r\n", name, value.reveal()));
  return lines;
}

/// Why a collector did not take what was posted; empty when it did.
std::string trouble_of(Result<http::Answered> const& answer) {
  if (!answer) return answer.error().what;
  return answer->status / 100 == 2 ? std::string{} : fmt::format("it answered with status {}", answer->status);
}

std::unique_ptr<trace::SpanExporter> make_exporter(config::TracesConfig const& config,
                                                   metrics::Metrics::About const& about) {
  if (config.endpoint.empty()) return nullptr;
  trace::Resource resource{
      {"service.name", "mcp-gateway"}, {"service.version", about.version}, {"service.instance.id", about.instance_id}};
  if (!about.env.empty()) resource.emplace_back("deployment.environment.name", about.env);
  if (!about.pool.empty()) resource.emplace_back("mcp_gateway.pool", about.pool);
  auto post = [url = parse_url(config.endpoint).value_or(Url{}), fields = header_lines(config)](
                  std::string_view body, std::chrono::milliseconds patience) {
    return trouble_of(http::ask(url, {.method = "POST", .fields = fields, .body = body}, patience));
  };
  return std::make_unique<trace::SpanExporter>(std::move(post), std::move(resource));
}

}  // namespace

Gateway::Gateway(config::Config config, Options options, std::unique_ptr<io::ChildGuard> guard)
    : config_(completed(config)),
      warnings_(std::move(config.warnings)),
      single_(options.single),
      manager_(std::move(options.manager)),
      about_{std::string(kVersion), std::string(kRevision), std::string(kBuildTime),
             config_.instance_id,   config_.pool,           config_.env},
      guard_(std::move(guard)),
      sampler_(guard_->entry_front()),
      log_sink_(config_.log),
      metrics_(about_, config_.metrics),
      redaction_(log::secrets_of(config, environ)),
      spans_(make_exporter(config_.traces, about_)),
      directory_(frontend::Directory::list(std::move(config.services), config_.loops, metrics_),
                 {.loops = config_.loops, .single = options.single, .base_path = config_.base_path}),
      descriptors_(options.descriptors),
      connections_(descriptors_.connections),
      admin_connections_(descriptors_.admin_connections),
      sessions_(config_.limits.max_sessions),
      shared_{.config = config_,
              .about = about_,
              .directory = directory_,
              .guard = guard_.get(),
              .sampler = sampler_,
              .log_sink = log_sink_,
              .metrics = metrics_,
              .redaction = redaction_,
              .spans = spans_.get(),
              .connections = connections_,
              .sessions = sessions_,
              .started = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now())},
      shards_(make_shards(shared_, *this)),
      admin_({.config = config_,
              .about = about_,
              .clock = first().loop(),
              .health = *this,
              .program = *this,
              .metrics = metrics_,
              .log = first().log(),
              .tail = log_sink_.tail()}),
      admin_server_metrics_(metrics_.loop(0)),
      admin_server_(first().loop(), server_limits(config_), admin_connections_, admin_, admin_server_metrics_),
      signals_(first().loop(), *this),
      ticker_(first().loop(), [this] { tick(); }),
      drain_limit_(first().loop(), [this] { stop(); }),
      drained_(shards_.size()) {
  admin_.set_server(admin_server_);
  metrics_.limits(config_.limits.max_sessions, descriptors_.connections);
  look_at_outputs();  // their series are there from the start
}

// ── listening ────────────────────────────────────────────────────────────────

/// What other machines reach asks for tokens.
Status Gateway::may_listen(config::ListenAddress const& address) const {
  auto const& auth = config_.auth;
  if (is_loopback(address) || !auth.tokens.empty() || auth.allow_unauthenticated) return Done{};
  return Error{
      fmt::format("{} would be reachable from other machines without authentication: set gateway.auth.tokens or "
                  "--token-file, listen on 127.0.0.1, or say --allow-unauthenticated",
                  to_string(address))};
}

/// The error with what says where to listen. Without a file only flags do.
Error Gateway::with_setting(Error const& error, std::string_view key, std::string_view flag) const {
  if (single_) return Error{fmt::format("{}; choose another with {}", error.what, flag)};
  auto const or_flag = flag.empty() ? std::string{} : fmt::format(" (or {})", flag);
  return Error{fmt::format("{}; choose another with {}{}", error.what, key, or_flag)};
}

void Gateway::log_listening(std::string_view name, config::ListenAddress const& address, std::uint16_t port) {
  first().log().info("listener.ready", "listening", {{"listener", name}, {"address", address.host}, {"port", port}});
}

/// Said once: a gateway with less room than its configuration should be seen at its start, not when it is full.
void Gateway::log_descriptors() {
  if (!is_short(descriptors_)) return;
  first().log().warn("gateway.descriptors", "the system allows fewer open files than the configuration needs",
                     {{"limit", descriptors_.limit},
                      {"wanted", wanted_descriptors(descriptors_.needs)},
                      {"connections", descriptors_.connections},
                      {"max_connections", descriptors_.needs.connections},
                      {"private_children", descriptors_.private_children},
                      {"max_children", descriptors_.needs.private_children}});
}

/// One that does not hear of it would end the gateway after a while; the log says why.
void Gateway::notify_manager(std::string_view state) {
  if (auto const sent = manager_.notify(state); !sent) {
    first().log().warn("gateway.notify", sent.error().what, {{"state", state}});
  }
}

Status Gateway::open_main() {
  auto const& address = config_.listen;
  if (auto const may = may_listen(address); !may) return may;
  using Port = io::Listener::Port;
  auto const port = first().listen(address, http::ListenerTag{}, shards_.size() == 1 ? Port::Own : Port::FirstOfMany);
  if (!port) return with_setting(port.error(), "gateway.listen", "--host, --port");
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    auto const same = shards_[i]->listen({address.host, *port}, http::ListenerTag{}, Port::OneOfMany);
    if (!same) return same.error();
  }
  listening_.main = {address.host, *port};
  log_listening("main", address, *port);
  return Done{};
}

Status Gateway::open_admin() {
  if (!config_.admin_listen) return Done{};
  auto const& address = *config_.admin_listen;
  if (auto const may = may_listen(address); !may) return may;
  auto const port = admin_server_.listen(address.host, address.port, http::ListenerTag{});
  if (!port) return with_setting(port.error(), "gateway.admin_listen", "--admin");
  listening_.admin = {address.host, *port};
  log_listening("admin", address, *port);
  return Done{};
}

Status Gateway::open_of_services() {
  for (auto const& [key, service, home, probe] : directory_.services()) {
    if (!service.listen) continue;
    if (auto const may = may_listen(*service.listen); !may) return may;
    auto const port = shards_[home]->listen(*service.listen, frontend::Endpoints::own_listener(key));
    if (!port) return with_setting(port.error(), fmt::format("mcpServers.{}.listen", service.name), "");
    listening_.of_services[service.name] = {service.listen->host, *port};
    log_listening(service.name, *service.listen, *port);
  }
  return Done{};
}

Status Gateway::listen() {
  if (auto const opened = log_sink_.opened(); !opened) return opened;
  if (auto const opened = open_main(); !opened) return opened;
  if (auto const opened = open_admin(); !opened) return opened;
  return open_of_services();
}

// ── running ──────────────────────────────────────────────────────────────────

template <typename Action>
void Gateway::on_every_shard(Action action) {
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    shards_[i]->post([shard = shards_[i].get(), action] { action(*shard); });
  }
  action(first());
}

template <typename Action>
void Gateway::on_first_loop(std::size_t from, Action action) {
  if (from == 0) return action();
  first().post(std::move(action));
}

/// Signals are the first thread's.
void Gateway::start_threads() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 1; i < shards_.size(); ++i) {
    threads_.emplace_back([shard = shards_[i].get()] { shard->run(); });
    // As top and ps show it; the kernel takes 15 characters.
    pthread_setname_np(threads_.back().native_handle(), fmt::format("mcp-gw-loop-{}", i).c_str());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

int Gateway::run() {
  auto& log = first().log();
  log.info("gateway.start", "gateway started", {{"services", directory_.services().size()}, {"loops", shards_.size()}});
  log_descriptors();
  for (auto const& warning : warnings_) {
    log.warn("config.warning", warning.what, {{"path", warning.path}});
  }
  if (log.is_for_people()) {
    start_report_ = std::make_unique<StartReport>(StartReport::About{.version = about_.version,
                                                                     .services = directory_.names(),
                                                                     .listening = listening_,
                                                                     .single = single_,
                                                                     .asks_token = !config_.auth.tokens.empty()});
    log.say(start_report_->beginning());
  }
  ticker_.repeat(kTick);
  sampler_.start(kSampleEvery);
  start_threads();
  notify_manager("READY=1");
  first().run();
  for (auto& thread : threads_) thread.join();
  log.info("gateway.end", "gateway ended");
  return 0;
}

void Gateway::tick() {
  guard_->reap_orphans();
  finish_late_rounds();
  if (start_report_) look_at_start();
  if (++ticks_ % kTicksPerSecond != 0) return;
  admin_server_.tick();
  admin_.tick();
  look_at_outputs();
  if (spans_) look_at_spans();
}

void Gateway::look_at_start() {
  ask_health([this](health::GatewayHealth const& health) {
    if (!start_report_) return;
    auto const since = first().loop().now() - shared_.started;
    if (phase_ == Phase::Serving) first().log().say(start_report_->look(health.services, since));
    if (phase_ != Phase::Serving || start_report_->is_over(since)) start_report_.reset();
  });
}

/// A collector that is down is told of once, and once more when it is back.
void Gateway::look_at_spans() {
  auto const counts = spans_->counts();
  metrics_.spans(counts.exported, counts.dropped, counts.failed);
  auto trouble = spans_->trouble();
  if (trouble.empty() == spans_trouble_.empty()) return;
  if (trouble.empty()) {
    first().log().info("traces.export", "spans reach the collector again", {{"failed", counts.failed}});
  } else {
    first().log().warn("traces.export", "spans do not reach the collector, and are lost",
                       {{"err.kind", "export"}, {"err.msg", trouble}, {"failed", counts.failed}});
  }
  spans_trouble_ = std::move(trouble);
}

void Gateway::on_terminate() {
  if (phase_ == Phase::Serving) return drain();
  if (first().loop().now() - told_to_stop_ > kImpatience) stop();
}

void Gateway::look_at_outputs() {
  auto const states = log_sink_.states();
  for (auto const& state : states) metrics_.logs_dropped(state.name, state.dropped);
  output_report_.look(states, first().log());
}

void Gateway::on_reload() {
  first().log().warn("config.reload", "the configuration is read at start only: restart the gateway to change it");
}

/// The line is in the file that is made anew, where one was moved away.
void Gateway::on_reopen() {
  log_sink_.reopen();
  first().log().info("log.reopen", "the log's files are opened anew");
}

void Gateway::move(std::size_t to, http::MovedConnection connection) {
  auto* const shard = shards_[to].get();
  shard->post([shard, moved = std::move(connection)]() mutable { shard->adopt(std::move(moved)); });
}

// ── health ───────────────────────────────────────────────────────────────────

health::GatewayHealth Gateway::health_here() const { return shards_.front()->health_here(); }

void Gateway::ask_health(health::HealthSource::Tell tell) {
  using Services = std::vector<health::ServiceHealth>;
  std::vector<std::size_t> all(shards_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  ask<Services>(
      all, kLoopPatience, [](Shard& shard, auto const& answer) { answer(shard.health_here().services); },
      [this, tell = std::move(tell)](std::vector<std::optional<Services>> const& said) {
        tell(gathered_health(first().health_here(), said, directory_));
      });
}

// ── what operators ask for ───────────────────────────────────────────────────

void Gateway::operate(ServiceKey service, backend::Operation operation, backend::TellEnd tell) {
  using backend::OperationEnd;
  auto const* const listed = directory_.find(service);
  if (listed == nullptr) return tell({OperationEnd::Verdict::NotNow, "the service is gone"});
  // A tool may take as long as it may for a client.
  auto const patience = kLoopPatience + listed->config.call_timeout;
  ask<OperationEnd>(
      {listed->home}, patience,
      [service, operation = std::move(operation)](Shard& shard, auto const& answer) {
        shard.operate(service, operation, answer);
      },
      [tell = std::move(tell)](std::vector<std::optional<OperationEnd>> const& said) {
        tell(said[0].value_or(OperationEnd{OperationEnd::Verdict::NotNow, "the service's loop does not answer"}));
      });
}

void Gateway::set_log_level(config::LogLevel level) {
  on_every_shard([level](Shard& shard) { shard.log().set_level(level); });
}

// ── questions to loops ───────────────────────────────────────────────────────

template <typename Said, typename Question>
void Gateway::ask(std::vector<std::size_t> const& loops, Duration patience, Question question,
                  typename RoundOf<Said>::Tell tell) {
  auto const round = ++last_round_;
  rounds_.emplace(round,
                  std::make_unique<RoundOf<Said>>(loops.size(), first().loop().now() + patience, std::move(tell)));
  for (std::size_t place = 0; place < loops.size(); ++place) {
    auto const loop = loops[place];
    auto const answer = [this, round, place, loop](Said said) {
      on_first_loop(loop,
                    [this, round, place, said = std::move(said)]() mutable { heard(round, place, std::move(said)); });
    };
    auto const put = [shard = shards_[loop].get(), question, answer] { question(*shard, answer); };
    if (loop == 0) {
      put();
    } else {
      shards_[loop]->post(put);
    }
  }
}

/// The number of a round says what is answered to it.
template <typename Said>
void Gateway::heard(std::uint64_t round, std::size_t place, Said said) {
  auto const found = rounds_.find(round);
  if (found == rounds_.end()) return;  // it was late
  static_cast<RoundOf<Said>&>(*found->second).hear(place, std::move(said));
  if (found->second->is_complete()) finish_round(round);
}

void Gateway::finish_round(std::uint64_t round) {
  auto const done = rounds_.extract(round);
  if (!done.empty()) done.mapped()->finish();
}

void Gateway::finish_late_rounds() {
  std::vector<std::uint64_t> late;
  for (auto const& [number, round] : rounds_) {
    if (round->is_late(first().loop().now())) late.push_back(number);
  }
  for (auto const number : late) finish_round(number);
}

// ── ending ───────────────────────────────────────────────────────────────────

void Gateway::drain() {
  phase_ = Phase::Draining;
  told_to_stop_ = first().loop().now();
  metrics_.draining(true);
  ask_health([this](health::GatewayHealth const& health) {
    std::size_t calls = 0;
    for (auto const& service : health.services) calls += service.calls_in_flight;
    first().log().info("gateway.drain", "told to stop: open calls are waited for", {{"calls", calls}});
  });
  notify_manager("STOPPING=1");
  drain_limit_.set(config_.drain_timeout);
  on_every_shard([](Shard& shard) { shard.drain(); });
}

void Gateway::on_drained(std::size_t shard, bool is_drained) {
  on_first_loop(shard, [this, shard, is_drained] { drained(shard, is_drained); });
}

void Gateway::drained(std::size_t shard, bool is_drained) {
  drained_[shard] = is_drained;
  if (std::all_of(drained_.begin(), drained_.end(), [](bool each) { return each; })) stop();
}

void Gateway::stop() {
  if (phase_ != Phase::Draining) return;
  phase_ = Phase::Stopping;
  drain_limit_.cancel();
  admin_.end_streams();
  on_every_shard([](Shard& shard) { shard.stop(); });
}

void Gateway::on_over(std::size_t shard) {
  on_first_loop(shard, [this] { shard_over(); });
}

void Gateway::shard_over() {
  if (++over_ < shards_.size()) return;
  phase_ = Phase::Over;
  on_every_shard([](Shard& shard) { shard.loop().stop(); });
}

}  // namespace gateway
