#include "gateway/shard.h"

#include <unistd.h>

#include <algorithm>

#include "gateway/io/socket_address.h"

extern char** environ;

namespace gateway {

using frontend::Phase;

namespace {

/// How often the lag of the loop is measured.
constexpr Duration kLagPeriod = milliseconds(100);

/// Whether all requests are of the holder of one token.
bool has_one_client(config::GatewayConfig const& config, frontend::Directory const& directory) {
  auto const& auth = config.auth;
  auto const asks = [](std::optional<config::TlsConfig> const& tls) { return tls && tls->asks_clients(); };
  auto const services = directory.services();
  return auth.tokens.size() == 1 && auth.tokens_file.empty() && auth.oauth.issuers.empty() && !asks(config.tls) &&
         std::none_of(services.begin(), services.end(), [&](auto const& listed) { return asks(listed.config.tls); });
}

backend::ClientTerms terms_of(config::GatewayConfig const& config, frontend::Directory const& directory) {
  return {.one_client = has_one_client(config, directory), .mask_errors = config.mask_error_details};
}

}  // namespace

http::ServerLimits server_limits(config::GatewayConfig const& config) {
  auto const& limits = config.limits;
  http::ServerLimits server;
  server.head.max_head_bytes = limits.max_head_bytes;
  server.head.max_fields = std::min(limits.max_head_fields, http::RequestHead::kMaxFields);
  server.max_body_bytes = limits.max_request_bytes;
  server.max_queue_bytes = limits.max_client_queue_bytes;
  server.head_timeout = limits.head_timeout;
  server.body_timeout = limits.body_timeout;
  server.keepalive_timeout = limits.keepalive_timeout;
  server.write_timeout = limits.write_timeout;
  server.sse_keepalive = config.sse_keepalive;
  return server;
}

Shard::Shard(std::size_t number, Shared const& shared, Owner& owner, Machine machine)
    : number_(number),
      shared_(shared),
      config_(shared.config),
      redaction_(shared.redaction),
      terms_(terms_of(config_, shared.directory)),
      owner_(owner),
      loop_(machine.clock),
      spawner_(machine.spawner == nullptr
                   ? std::make_optional<io::ChildSpawner>(loop_, *shared.guard, shared.open_files_of_children)
                   : std::nullopt),
      mailbox_(loop_),
      probe_(shared.metrics.loop(number)),
      server_metrics_(probe_),
      entropy_(machine.entropy != nullptr ? *machine.entropy : system_entropy_),
      seal_(entropy_, shared.directory.tokens().own()),
      log_(config_.log,
           {.version = shared.about.version,
            .instance_id = shared.about.instance_id,
            .pool = shared.about.pool,
            .env = shared.about.env},
           shared.log_sink),
      tracer_(config_.traces, shared.spans, shared.metrics, entropy_),
      sessions_(entropy_, shared.directory.tokens().prefix(number)),
      desk_{.clock = loop_,
            .turn = loop_,
            .config = config_,
            .sessions = sessions_,
            .directory = &shared.directory,
            .seal = seal_,
            .log = log_,
            .tracer = tracer_,
            .allowance = shared.sessions,
            .is_first = number == 0},
      given_fetcher_(machine.fetcher),
      front_door_(desk_, *this, shared.metrics, shared.quotas, machine_of_auth(machine)),
      server_(loop_, server_limits(config_), shared.connections, front_door_, server_metrics_),
      supervisor_({.loop = loop_,
                   .spawner = machine.spawner != nullptr ? *machine.spawner : *spawner_,
                   .sampler = shared.sampler,
                   .entropy = entropy_,
                   .log = log_,
                   .tracer = tracer_,
                   .redaction = &redaction_,
                   .environment = environ,
                   .version = shared.about.version,
                   .limits = config_.limits,
                   .sessions = sessions_,
                   .clients = front_door_,
                   .seal = seal_,
                   .terms = &terms_,
                   .sandbox = shared.sandbox},
                  *this),
      ticker_(loop_, [this] { tick(); }),
      lag_timer_(loop_, [this] { look_at_lag(); }) {
  for (auto const& listed : shared.directory.services()) {
    if (listed.home == number_) add(listed);
  }
  desk_.versions.take_up(shared.directory, number_);
  take_up_groups(shared.directory);
  desk_.server = &server_;
  server_.set_mover(*this, shared.directory.loops() > 1);
  if (config_.busy_poll) loop_.set_busy_poll(kBusyPoll);
  loop_.set_end_of_turn([this] { log_.end_turn(loop_.now()); });
}

auth::Authenticator::Machine Shard::machine_of_auth(Machine const& machine) {
  return {.clock = loop_,
          .wall_clock = machine.wall_clock
                            ? machine.wall_clock
                            : [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); },
          .fetcher = fetcher()};
}

auth::Fetcher* Shard::fetcher() {
  if (given_fetcher_ != nullptr || config_.auth.oauth.issuers.empty()) return given_fetcher_;
  return fetcher_ ? &*fetcher_ : &fetcher_.emplace(loop_);
}

backend::Service& Shard::add(frontend::ListedService const& listed) {
  auto& service = supervisor_.add(listed.key, listed.config, *listed.probe);
  desk_.services.put(listed.key, {.port = &service, .probe = listed.probe, .config = &service.config()});
  probe_.serves(listed.key, *listed.probe);
  if (desk_.rights != nullptr) listed.probe->expect_refusals();
  return service;
}

// ── another configuration ────────────────────────────────────────────────────

void Shard::take_up(Setup& next) {
  desk_.directory = &next.directory;
  if (desk_.phase != Phase::Serving) return;
  auto const had_level = config_.log.level;
  config_ = std::move(next.config);
  terms_ = terms_of(config_, next.directory);
  redaction_ = std::move(next.redaction);
  if (config_.log.level != had_level) log_.set_level(config_.log.level);
  server_.set_limits(server_limits(config_));
  take_up_services(next.directory);
  take_up_listeners(next);
  front_door_.take_up(fetcher());
}

void Shard::take_up_listeners(Setup& next) {
  for (auto const tag : next.closed) server_.stop_listening(tag);
  for (auto& opened : next.opened) server_.listen(std::move(opened.socket), opened.tag);
  for (auto const& [tag, tls] : next.tls) server_.set_tls(tag, tls);
  for (auto const& [tag, which] : next.expelled) server_.expel(tag, which);
}

void Shard::take_up_services(frontend::Directory const& directory) {
  std::vector<ServiceKey> removed;
  for (auto const& service : supervisor_.services())
    if (directory.find(service->key()) == nullptr) removed.push_back(service->key());
  for (auto const key : removed) supervisor_.remove(key, config_.drain_timeout);
  for (auto const& listed : directory.services()) {
    if (listed.home != number_) continue;
    if (auto* const known = supervisor_.find(listed.key)) {
      known->replace(listed.config, config_.drain_timeout);
      desk_.services.find(listed.key)->config = &known->config();
      if (desk_.rights != nullptr) listed.probe->expect_refusals();
    } else {
      add(listed).start();
    }
  }
  desk_.versions.take_up(directory, number_);
  take_up_groups(directory);
}

/// Of the members that are served here, as the group knows them.
std::vector<groups::Member> Shard::members_of(frontend::ListedGroup const& listed) const {
  std::vector<groups::Member> members;
  for (std::size_t i = 0; i < listed.members.size(); ++i) {
    auto const& member = listed.config.members[i];
    auto const* const service = desk_.directory->find(listed.members[i]);
    auto const is_shared = service == nullptr || service->config.isolation == config::Isolation::Shared;
    members.push_back(
        {.service = listed.members[i], .name = member.service, .alias = member.alias, .is_exclusive = !is_shared});
  }
  return members;
}

void Shard::add_group(frontend::ListedGroup const& listed) {
  groups::Surroundings around{.clock = loop_,
                              .turn = loop_,
                              .sessions = sessions_,
                              .clients = front_door_,
                              .log = log_,
                              .version = shared_.about.version,
                              .port = [this](ServiceKey key) {
                                auto const* const here = desk_.services.find(key);
                                return here == nullptr ? nullptr : here->port;
                              }};
  auto here = std::make_unique<GroupHere>(listed.service.config, std::move(around), listed.config, members_of(listed));
  desk_.services.put(
      listed.service.key,
      {.port = &here->group, .probe = listed.service.probe, .config = &here->config, .parts = &here->group});
  groups_.insert_or_assign(listed.service.key, std::move(here));
}

void Shard::take_up_groups(frontend::Directory const& directory) {
  std::vector<ServiceKey> removed;
  for (auto const& [key, here] : groups_)
    if (directory.find_group(key) == nullptr) removed.push_back(key);
  for (auto const key : removed) {
    front_door_.end_sessions_of(key);
    desk_.services.take(key);
    groups_.erase(key);
  }
  for (auto const& listed : directory.groups()) {
    if (listed.service.home != number_) continue;
    auto const known = groups_.find(listed.service.key);
    if (known == groups_.end()) {
      add_group(listed);
      continue;
    }
    known->second->config = listed.service.config;
    known->second->group.take_up(listed.config, members_of(listed));
  }
}

// ── running ──────────────────────────────────────────────────────────────────

void Shard::run() {
  probe_.runs_here();
  start();
  loop_.run();
}

void Shard::start() {
  ticker_.repeat(kTick);
  lag_timer_due_ = loop_.now() + kLagPeriod;
  lag_timer_.set(kLagPeriod);
  supervisor_.start();
}

void Shard::tick() {
  supervisor_.tick();
  for (auto const& [key, here] : groups_) here->group.tick();
  look_at_versions();
  if (++ticks_ % kTicksPerSecond == 0) {
    server_.tick();
    front_door_.tick();
    for (auto const level :
         {config::LogLevel::Debug, config::LogLevel::Info, config::LogLevel::Warn, config::LogLevel::Error}) {
      probe_.logged(level, log_.lines(level));
    }
  }
  tell_whether_drained();
}

void Shard::look_at_versions() {
  for (auto const key : desk_.versions.all()) {
    auto const* const service = supervisor_.find(key);
    if (service == nullptr) continue;
    auto const health = service->health();
    auto const serves = health::http_status(health.status) == 200;
    if (!desk_.versions.report(key, health::is_proven(health), serves)) continue;
    auto const& name = service->config().name;
    if (serves) {
      log_.info("version.admitted", "the version is healthy: it gets sessions by its weight", {{"server", name}});
    } else {
      log_.warn("version.withdrawn", "the version does not serve: sessions go to others", {{"server", name}});
    }
  }
}

/// Includes this turn: what ran in it before the timer made the timer late.
void Shard::look_at_lag() {
  probe_.timer_was_late(std::max(loop_.right_now() - lag_timer_due_, Duration{}));
  lag_timer_due_ = loop_.now() + kLagPeriod;
  lag_timer_.set(kLagPeriod);
}

health::GatewayHealth Shard::health_here() const {
  health::GatewayHealth health;
  for (auto const& service : supervisor_.services()) {
    health.services.push_back(service->health());
    if (desk_.directory->loops() > 1) health.services.back().loop = number_;
  }
  health.status = health::overall(health.services, desk_.phase != Phase::Serving);
  health.version = shared_.about.version;
  health.build_time = shared_.about.build_time;
  health.instance_id = shared_.about.instance_id;
  health.uptime_seconds = to_ms(loop_.now() - shared_.started) / 1000;
  return health;
}

void Shard::operate(ServiceKey service, backend::Operation const& operation, backend::TellEnd tell) {
  auto* const here = supervisor_.find(service);
  if (here == nullptr) return tell({backend::OperationEnd::Verdict::NotNow, "the service is gone"});
  here->operate(operation, config_.drain_timeout, std::move(tell));
  desk_.services.find(service)->config = &here->config();  // it may have another edition now
}

void Shard::ask_health(Tell tell) { owner_.ask_health(std::move(tell)); }

// ── connections of other shards' services ────────────────────────────────────

std::optional<std::size_t> Shard::elsewhere(http::RequestHead const& head, http::ListenerTag tag) {
  auto const home = desk_.directory->home_of(tag, head);
  return home == number_ ? std::nullopt : home;
}

void Shard::move(std::size_t to, http::MovedConnection connection) { owner_.move(to, std::move(connection)); }

// ── connections of another process ───────────────────────────────────────────

/// TLS stays here, with its keys: the other process gets a socket of ours, and the bytes that are in it.
void Shard::pass(http::Process to, http::MovedConnection connection) {
  if (connection.tls) {
    auto ends = io::connected_pair();
    if (!ends) return;  // no descriptor is left: the connection is closed
    auto const* const certificate = connection.tls->certificate();
    connection.origin = http::Origin{.remote = io::peer_text(connection.socket.get()),
                                     .certificate = certificate ? std::optional(*certificate) : std::nullopt};
    relays_.push_back(std::make_unique<io::Relay>(loop_, std::move(connection.socket), std::move(connection.tls),
                                                  std::move(ends->first), static_cast<io::Relay::Owner&>(*this)));
    connection.socket = std::move(ends->second);
  }
  owner_.pass(number_, to, std::move(connection));
}

void Shard::on_relay_over(io::Relay& relay) {
  auto const found = std::ranges::find(relays_, &relay, &std::unique_ptr<io::Relay>::get);
  loop_.bury(std::move(*found));
  relays_.erase(found);
}

void Shard::retire() {
  if (desk_.phase != Phase::Serving) return;
  desk_.phase = Phase::Retiring;
  desk_.has_next = true;
  server_.stop_listening();
  server_.close_tls_after_next();
  tell_whether_drained();
}

void Shard::resume(std::vector<NewListener> listeners) {
  desk_.has_next = false;
  if (desk_.phase != Phase::Retiring) return;
  desk_.phase = Phase::Serving;
  told_drained_ = false;
  for (auto& each : listeners) server_.listen(std::move(each.socket), each.tag, each.tls);
}

// ── ending ───────────────────────────────────────────────────────────────────

void Shard::drain() {
  if (desk_.phase != Phase::Serving && desk_.phase != Phase::Retiring) return;
  desk_.phase = Phase::Draining;
  told_drained_ = false;
  tell_whether_drained();
}

/// A long answer has not been sent before its client has read it.
bool Shard::owes_anything() const { return supervisor_.calls_owed() > 0 || server_.sending(); }

void Shard::tell_whether_drained() {
  if (desk_.phase != Phase::Draining && desk_.phase != Phase::Retiring) return;
  auto const is_used =
      desk_.phase == Phase::Retiring && (sessions_.size() > 0 || supervisor_.calls_suspended() > 0 || !relays_.empty());
  auto const drained = !is_used && !owes_anything();
  if (drained == told_drained_) return;
  told_drained_ = drained;
  owner_.on_drained(number_, drained);
}

void Shard::stop() {
  if (desk_.phase == Phase::Ending) return;
  front_door_.end_all_sessions();
  server_.stop_listening();
  if (desk_.has_next) server_.pass_on_idle(http::Process::Next);
  server_.close_when_done();
  supervisor_.stop();
}

void Shard::on_all_stopped() { owner_.on_over(number_); }

}  // namespace gateway
