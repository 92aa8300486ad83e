#include "gateway/gateway.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "gateway/build_info.h"
#include "gateway/gathered_health.h"
#include "gateway/listeners.h"
#include "gateway/metrics/loop_probe.h"

namespace gateway {

using frontend::Phase;

namespace {

/// How long a loop may be silent.
constexpr Duration kLoopPatience = seconds(2);
/// A second signal this long after the first means: do not wait for calls.
constexpr Duration kImpatience = seconds(1);

/// How long the process that has the listeners may take to hear that this one ends.
constexpr Duration kLeavePatience = seconds(10);

/// How often the resource usage of children is sampled.
constexpr Duration kSampleEvery = seconds(5);

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

config::GatewayConfig completed(config::Config& config) {
  std::erase_if(config.services, [](config::ServiceConfig const& service) { return service.disabled; });
  auto gateway = config.gateway;
  if (gateway.instance_id.empty()) gateway.instance_id = host_name();
  return gateway;
}

Gateway::Gateway(config::Config config, Options options, std::unique_ptr<io::ChildGuard> guard)
    : config_(completed(config)),
      warnings_(std::move(config.warnings)),
      single_(options.single),
      program_start_(std::move(options.start)),
      no_upgrade_(std::move(options.no_upgrade)),
      inheritance_(std::move(options.inheritance)),
      generation_(inheritance_ ? inheritance_->begin.generation : Generation{}),
      predecessors_(inheritance_ ? inheritance_->begin.predecessors : 0),
      source_(std::move(options.source)),
      manager_(std::move(options.manager)),
      about_{std::string(kVersion), std::string(kRevision), std::string(kBuildTime),
             config_.instance_id,   config_.pool,           config_.env},
      guard_(std::move(guard)),
      sampler_(guard_->entry_front()),
      log_sink_(config_.log),
      metrics_(about_, config_.metrics),
      secrets_(log::secrets_of(config, environ)),
      redaction_(secrets_),
      spans_(make_exporter(config_.traces, about_)),
      directory_(std::make_unique<frontend::Directory>(
          frontend::Directory::list(std::move(config.services), config_.groups, config_.loops, metrics_),
          frontend::Directory::Layout{.loops = config_.loops,
                                      .single = options.single,
                                      .base_path = config_.base_path,
                                      .generation = generation_})),
      tls_(metrics_),
      descriptors_(options.descriptors),
      connections_(descriptors_.connections),
      admin_connections_(descriptors_.admin_connections),
      sessions_(config_.limits.max_sessions),
      quotas_(config_.quotas),
      shared_{.config = config_,
              .about = about_,
              .directory = *directory_,
              .guard = guard_.get(),
              .open_files_of_children = descriptors_.of_children,
              .sampler = sampler_,
              .log_sink = log_sink_,
              .metrics = metrics_,
              .redaction = redaction_,
              .spans = spans_.get(),
              .connections = connections_,
              .sessions = sessions_,
              .quotas = quotas_,
              .started = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()),
              .sandbox = std::move(options.sandbox)},
      loops_(shared_, *this),
      span_watch_(spans_.get(), metrics_, first().log()),
      canaries_({.config = config_,
                 .clock = first().loop(),
                 .log = first().log(),
                 .metrics = metrics_,
                 .owner = static_cast<Canaries::Owner&>(*this)}),
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
      retire_limit_(first().loop(), [this] { drain(); }),
      leave_limit_(first().loop(), [this] { left(); }),
      drained_(loops_.size()) {
  admin_.set_server(admin_server_);
  metrics_.limits(config_.limits.max_sessions, descriptors_.connections);
  look_at_outputs();  // their series are there from the start
}

// ── starting ────────────────────────────────────────────────────────────────

/// Logged once, at the start, and not only when connections run out.
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

/// A manager that is not notified terminates the gateway after a while; the log says why.
void Gateway::notify_manager(std::string_view state) {
  if (auto const sent = manager_.notify(state); !sent) {
    first().log().warn("gateway.notify", sent.error().what, {{"state", state}});
  }
}

Status Gateway::listen() {
  if (auto const usable = log_sink_.opened(); !usable) return usable;
  if (auto const may = may_listen(config_, directory_->configs()); !may) return may;
  auto read = TlsListeners::read(tls_settings(config_, *directory_));
  if (!read) return read.error();
  WantedListeners wanted{.config = config_, .directory = *directory_, .single = single_};
  if (inheritance_) wanted.inherited = std::move(inheritance_->listeners);
  auto plan = plan_listeners(std::move(wanted));
  if (!plan) return plan.error();
  tls_.use(*std::move(read));
  listening_ = plan->listening;
  if (!inheritance_) {
    open(*std::move(plan));
    return Done{};
  }
  // The process before has them until every service is ready here.
  planned_listeners_ = *std::move(plan);
  former_ = std::make_unique<Takeover>(first().loop(), std::move(inheritance_->channel),
                                       static_cast<Takeover::Owner&>(*this));
  inheritance_.reset();
  return Done{};
}

void Gateway::open(ListenerPlan plan) {
  canaries_.begin();
  take_up_admin(plan);
  for (std::size_t loop = 1; loop < loops_.size(); ++loop) {
    auto* const shard = &loops_.at(loop);
    shard->post([shard, setup = setup_of(loop, plan)]() mutable { shard->take_up_listeners(setup); });
  }
  auto setup = setup_of(0, plan);
  first().take_up_listeners(setup);
  for (auto const& [name, listener] : plan.named) log_listening(name, listener);
}

void Gateway::log_listening(std::string_view name, OpenListener const& listener) {
  first().log().info("listener.ready", "listening",
                     {{"listener", name},
                      {"address", listener.address.host},
                      {"port", listener.address.port},
                      {"tls", listener.has_tls}});
}

// ── running ──────────────────────────────────────────────────────────────────

int Gateway::run() {
  auto& log = first().log();
  log.info("gateway.start", "gateway started", {{"services", directory_->services().size()}, {"loops", loops_.size()}});
  log_descriptors();
  for (auto const& warning : warnings_) {
    log.warn("config.warning", warning.what, {{"path", warning.path}});
  }
  if (log.is_for_people()) {
    start_report_ = std::make_unique<StartReport>(StartReport::About{.version = about_.version,
                                                                     .services = directory_->names(),
                                                                     .listening = listening_,
                                                                     .groups = config_.groups,
                                                                     .single = single_,
                                                                     .asks_token = config_.auth.required()});
    log.say(start_report_->beginning());
  }
  ticker_.repeat(kTick);
  sampler_.start(kSampleEvery);
  if (!former_) notify_manager("READY=1");  // of an upgrade the process before tells
  loops_.run();
  log.info("gateway.end", "gateway ended");
  return 0;
}

void Gateway::tick() {
  guard_->reap_orphans();
  loops_.finish_late_rounds();
  if (start_report_) look_at_start();
  if (former_ && former_->waits()) tell_start();
  if (++ticks_ % kTicksPerSecond != 0) return;
  admin_server_.tick();
  admin_.tick();
  tls_.tick(first().log());
  look_at_source();
  look_at_upgrade();
  look_at_outputs();
  look_at_canaries();
  span_watch_.tick();
}

void Gateway::look_at_start() {
  ask_health([this](health::GatewayHealth const& health) {
    if (!start_report_) return;
    auto const since = first().loop().now() - shared_.started;
    auto const serving = first().phase() == Phase::Serving;
    if (serving) first().log().say(start_report_->look(health.services, since));
    if (!serving || start_report_->is_over(since)) start_report_.reset();
  });
}

void Gateway::on_terminate() {
  if (first().phase() < Phase::Draining) return drain();
  if (first().loop().now() - told_to_stop_ > kImpatience) stop();
}

/// The process that serves decides.
void Gateway::look_at_canaries() {
  if (!canaries_.are_under_way() || first().phase() != Phase::Serving || planned_listeners_) return;
  ask_health([this](health::GatewayHealth const& health) {
    if (first().phase() == Phase::Serving) canaries_.look(health);
  });
}

void Gateway::look_at_outputs() {
  auto const states = log_sink_.states();
  for (auto const& state : states) metrics_.logs_dropped(state.name, state.dropped);
  output_report_.look(states, first().log());
}

void Gateway::on_upgrade() { upgrade({.by = admin::UpgradeRequest::By::Signal}, {}); }

void Gateway::on_reload() { reload({.by = admin::ReloadRequest::By::Signal}, {}); }

/// The line is in the file that is made anew, where one was moved away.
void Gateway::on_reopen() {
  log_sink_.reopen();
  first().log().info("log.reopen", "the log's files are opened anew");
}

void Gateway::move(std::size_t to, http::MovedConnection connection) {
  auto* const shard = &loops_.at(to);
  shard->post([shard, moved = std::move(connection)]() mutable { shard->adopt(std::move(moved)); });
}

// ── health ───────────────────────────────────────────────────────────────────

health::GatewayHealth Gateway::health_here() const { return first().health_here(); }

void Gateway::ask_health(health::HealthSource::Tell tell) {
  using Services = std::vector<health::ServiceHealth>;
  loops_.ask_all<Services>(
      kLoopPatience, [](Shard& shard, auto const& answer) { answer(shard.health_here().services); },
      [this, tell = std::move(tell)](std::vector<std::optional<Services>> const& said) {
        tell(gathered_health(first().health_here(), said, *directory_));
      });
}

// ── what operators ask for ───────────────────────────────────────────────────

void Gateway::operate(ServiceKey service, backend::Operation operation, backend::TellEnd tell) {
  using backend::OperationEnd;
  auto const* const listed = directory_->find(service);
  if (listed == nullptr) return tell({OperationEnd::Verdict::NotNow, "the service is gone"});
  // A tool may take as long as it may for a client.
  auto const patience = kLoopPatience + listed->config.call_timeout;
  loops_.ask<OperationEnd>(
      {listed->home}, patience,
      [service, operation = std::move(operation)](Shard& shard, auto const& answer) {
        shard.operate(service, operation, answer);
      },
      [tell = std::move(tell)](std::vector<std::optional<OperationEnd>> const& said) {
        tell(said[0].value_or(OperationEnd{OperationEnd::Verdict::NotNow, "the service's loop does not answer"}));
      });
}

admin::CanaryEnd Gateway::canary(admin::CanaryRequest const& request) {
  if (auto why = why_not_now(); !why.empty()) return {admin::CanaryEnd::Verdict::NotNow, std::move(why)};
  return canaries_.act(request);
}

void Gateway::set_weights(ServiceKey service, frontend::VersionWeights weights) {
  loops_.on_each([service, weights = std::move(weights)](Shard& shard) { shard.set_weights(service, weights); });
}

void Gateway::set_log_level(config::LogLevel level) {
  loops_.on_each([level](Shard& shard) { shard.log().set_level(level); });
}

// ── ending ───────────────────────────────────────────────────────────────────

void Gateway::drain() {
  if (first().phase() >= Phase::Draining) return;
  told_to_stop_ = first().loop().now();
  metrics_.draining(true);
  ask_health([this](health::GatewayHealth const& health) {
    std::size_t calls = 0;
    for (auto const& service : health.services) calls += service.calls_in_flight;
    first().log().info("gateway.drain", "told to stop: open calls are waited for", {{"calls", calls}});
  });
  if (next_) next_->abandon();
  if (former_ && former_->lives_on()) former_->tell_end_sessions();
  retire_limit_.cancel();
  if (!next_ || !next_->serves()) notify_manager("STOPPING=1");
  drained_.assign(loops_.size(), false);
  drain_limit_.set(config_.drain_timeout);
  loops_.on_each([](Shard& shard) { shard.drain(); });
}

void Gateway::on_drained(std::size_t shard, bool is_drained) {
  loops_.on_first(shard, [this, shard, is_drained] { drained(shard, is_drained); });
}

void Gateway::drained(std::size_t shard, bool is_drained) {
  drained_[shard] = is_drained;
  end_if_unused();
}

/// The process before may pass on connections as long as it is there.
void Gateway::end_if_unused() {
  auto const unused = std::all_of(drained_.begin(), drained_.end(), [](bool each) { return each; });
  if (!unused || (former_ && former_->lives_on())) return;
  if (first().phase() == Phase::Retiring) return leave();
  stop();
}

/// The process that has the listeners is told first: what it passes on until it knows is answered here still. While
/// nobody has told this one to stop, it would serve again, should that one die meanwhile.
void Gateway::leave() {
  if (std::exchange(leaves_, true)) return;
  first().log().info("upgrade.leaving", "this process is about to end: the one that took its place is told");
  next_->tell_leaving();
  leave_limit_.set(kLeavePatience);
}

/// The next process knows, or does not answer.
void Gateway::left() {
  leave_limit_.cancel();
  next_knows_it_leaves_ = true;
  if (first().phase() == Phase::Retiring) return drain();
  stop();
}

void Gateway::stop() {
  if (first().phase() != Phase::Draining) return;
  if (next_ && next_->serves() && !next_knows_it_leaves_) return leave();
  drain_limit_.cancel();
  admin_.end_streams();
  loops_.on_each([](Shard& shard) { shard.stop(); });
}

void Gateway::on_over(std::size_t shard) {
  loops_.on_first(shard, [this] { shard_over(); });
}

void Gateway::shard_over() {
  if (++over_ < loops_.size()) return;
  loops_.on_each([](Shard& shard) { shard.loop().stop(); });
}

}  // namespace gateway
