#include "gateway/gateway.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "gateway/build_info.h"

extern char** environ;

namespace gateway {

namespace {

/// How often time limits are looked at. Calls are held to theirs this closely.
constexpr Duration kTick = milliseconds(250);
constexpr unsigned kTicksPerSecond = 4;
/// A second signal this long after the first means: do not wait for calls.
constexpr Duration kImpatience = seconds(1);

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

ops::Config completed(ops::Config config) {
  if (config.gateway.instance_id.empty()) config.gateway.instance_id = host_name();
  std::erase_if(config.services, [](ops::ServiceConfig const& service) { return service.disabled; });
  return config;
}

std::vector<std::string> names_of(std::vector<ops::ServiceConfig> const& services) {
  std::vector<std::string> names;
  for (auto const& service : services) names.push_back(service.name);
  return names;
}

http::ServerLimits server_limits(ops::GatewayConfig const& config) {
  auto const& limits = config.limits;
  http::ServerLimits server;
  server.head.max_head_bytes = limits.max_head_bytes;
  server.head.max_fields = std::min(limits.max_head_fields, http::RequestHead::kMaxFields);
  server.max_body_bytes = limits.max_request_bytes;
  server.max_queue_bytes = limits.max_client_queue_bytes;
  server.max_connections = limits.max_connections;
  server.head_timeout = limits.head_timeout;
  server.body_timeout = limits.body_timeout;
  server.keepalive_timeout = limits.keepalive_timeout;
  server.write_timeout = limits.write_timeout;
  server.sse_keepalive = config.sse_keepalive;
  return server;
}

}  // namespace

Gateway::Gateway(ops::Config config, Options options, std::unique_ptr<io::ChildGuard> guard)
    : config_(completed(std::move(config))),
      about_{std::string(kVersion), std::string(kRevision), std::string(kBuildTime), config_.gateway.instance_id},
      guard_(std::move(guard)),
      log_(config_.gateway.log, {.version = about_.version, .instance_id = about_.instance_id}),
      metrics_(about_),
      sessions_(entropy_),
      desk_{.clock = loop_, .config = config_.gateway, .sessions = sessions_, .services = {}, .log = log_},
      front_door_(desk_, frontend::Endpoints(names_of(config_.services), options.single), names_of(config_.services),
                  *this, metrics_),
      admin_(*this, metrics_, about_),
      server_(loop_, server_limits(config_.gateway), front_door_, metrics_.http()),
      admin_server_(loop_, server_limits(config_.gateway), admin_, metrics_.http()),
      supervisor_({.world = {.loop = loop_,
                             .guard = *guard_,
                             .entropy = entropy_,
                             .log = log_,
                             .environment = environ,
                             .version = about_.version},
                   .limits = config_.gateway.limits,
                   .sessions = sessions_,
                   .clients = front_door_},
                  config_.services, metrics_, *this),
      signals_(loop_, *this),
      ticker_(loop_, [this] { tick(); }),
      drain_limit_(loop_, [this] { stop_children(); }),
      started_(loop_.now()) {
  for (auto const& service : supervisor_.services()) desk_.services.push_back(service.get());
  desk_.server = &server_;
  loop_.set_end_of_turn([this] { log_.end_turn(loop_.now()); });
}

// ── listening ────────────────────────────────────────────────────────────────

Status Gateway::open(http::Server& server, ops::ListenAddress const& address, http::ListenerTag tag,
                     std::string_view name) {
  auto const& auth = config_.gateway.auth;
  if (!is_loopback(address) && auth.tokens.empty() && !auth.allow_unauthenticated) {
    return Error{fmt::format("{} would be reachable from other machines without authentication: set gateway.auth.tokens, "
                             "listen on 127.0.0.1, or say --allow-unauthenticated",
                             to_string(address))};
  }
  auto const port = server.listen(address.host, address.port, tag);
  if (!port) return port.error();
  log_.info("listener.ready", "listening", {{"listener", name}, {"address", address.host}, {"port", *port}});
  return Done{};
}

Status Gateway::listen() {
  auto opened = open(server_, config_.gateway.listen, http::ListenerTag{}, "main");
  if (opened && config_.gateway.admin_listen) {
    opened = open(admin_server_, *config_.gateway.admin_listen, http::ListenerTag{}, "admin");
  }
  for (std::size_t i = 0; opened && i < config_.services.size(); ++i) {
    if (!config_.services[i].listen) continue;
    auto const index = ServiceIndex{static_cast<std::uint32_t>(i)};
    opened = open(server_, *config_.services[i].listen, frontend::Endpoints::own_listener(index),
                  config_.services[i].name);
  }
  return opened;
}

// ── running ──────────────────────────────────────────────────────────────────

int Gateway::run() {
  log_.info("gateway.start", "gateway started",
            {{"services", config_.services.size()}});
  for (auto const& warning : config_.warnings) {
    log_.warn("config.warning", warning.what, {{"path", warning.path}});
  }
  ticker_.repeat(kTick);
  supervisor_.start();
  loop_.run();
  log_.info("gateway.end", "gateway ended");
  return 0;
}

void Gateway::tick() {
  supervisor_.tick();
  if (++ticks_ % kTicksPerSecond == 0) {
    server_.tick();
    admin_server_.tick();
    front_door_.tick();
    metrics_.logs_dropped(log_.dropped());
  }
  if (phase_ == Phase::Draining && drained()) stop_children();
}

void Gateway::on_terminate() {
  if (phase_ == Phase::Serving) return drain();
  if (phase_ == Phase::Draining && loop_.now() - told_to_stop_ > kImpatience) stop_children();
}

void Gateway::on_reload() {
  log_.warn("config.reload", "the configuration is read at start only: restart the gateway to change it");
}

// ── ending ───────────────────────────────────────────────────────────────────

void Gateway::drain() {
  phase_ = Phase::Draining;
  told_to_stop_ = loop_.now();
  desk_.draining = true;
  metrics_.draining(true);
  log_.info("gateway.drain", "told to stop: open calls are waited for", {{"calls", supervisor_.calls_owed()}});
  drain_limit_.set(config_.gateway.drain_timeout);
  if (drained()) stop_children();
}

/// A long answer is not given before its client has taken it.
bool Gateway::drained() const { return supervisor_.calls_owed() == 0 && !server_.sending(); }

void Gateway::stop_children() {
  if (phase_ != Phase::Draining) return;
  phase_ = Phase::Stopping;
  drain_limit_.cancel();
  front_door_.end_all_sessions();
  server_.stop_listening();
  server_.close_when_done();
  supervisor_.stop();
}

void Gateway::on_all_stopped() {
  phase_ = Phase::Over;
  loop_.stop();
}

ops::GatewayHealth Gateway::health() const {
  ops::GatewayHealth health;
  for (auto const& service : supervisor_.services()) health.services.push_back(service->health());
  health.status = ops::overall(health.services, phase_ != Phase::Serving);
  health.version = about_.version;
  health.build_time = about_.build_time;
  health.instance_id = about_.instance_id;
  health.uptime_seconds = to_ms(loop_.now() - started_) / 1000;
  return health;
}

}  // namespace gateway
