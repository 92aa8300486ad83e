#include "gateway/gateway.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "gateway/build_info.h"

namespace gateway {

namespace {

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

}  // namespace

Gateway::Gateway(ops::Config config, Options options, std::unique_ptr<io::ChildGuard> guard)
    : config_(completed(std::move(config))),
      about_{std::string(kVersion), std::string(kRevision), std::string(kBuildTime), config_.gateway.instance_id},
      guard_(std::move(guard)),
      metrics_(about_),
      shared_{.config = config_,
              .about = about_,
              .single = options.single,
              .guard = *guard_,
              .log_sink = log_sink_,
              .metrics = metrics_,
              .health = *this},
      shard_(shared_, *this),
      admin_(*this, metrics_, about_),
      admin_server_(shard_.loop(), server_limits(config_.gateway), admin_, metrics_.http()),
      signals_(shard_.loop(), *this),
      ticker_(shard_.loop(), [this] { tick(); }),
      drain_limit_(shard_.loop(), [this] { stop(); }),
      started_(shard_.loop().now()) {}

// ── listening ────────────────────────────────────────────────────────────────

/// What other machines reach asks for tokens.
Status Gateway::may_listen(ops::ListenAddress const& address) const {
  auto const& auth = config_.gateway.auth;
  if (is_loopback(address) || !auth.tokens.empty() || auth.allow_unauthenticated) return Done{};
  return Error{fmt::format("{} would be reachable from other machines without authentication: set gateway.auth.tokens, "
                           "listen on 127.0.0.1, or say --allow-unauthenticated",
                           to_string(address))};
}

void Gateway::log_listening(std::string_view name, ops::ListenAddress const& address, std::uint16_t port) {
  shard_.log().info("listener.ready", "listening", {{"listener", name}, {"address", address.host}, {"port", port}});
}

Status Gateway::open_main() {
  auto const& address = config_.gateway.listen;
  if (auto const may = may_listen(address); !may) return may;
  auto const port = shard_.listen(address, http::ListenerTag{});
  if (!port) return port.error();
  log_listening("main", address, *port);
  return Done{};
}

Status Gateway::open_admin() {
  if (!config_.gateway.admin_listen) return Done{};
  auto const& address = *config_.gateway.admin_listen;
  if (auto const may = may_listen(address); !may) return may;
  auto const port = admin_server_.listen(address.host, address.port, http::ListenerTag{});
  if (!port) return port.error();
  log_listening("admin", address, *port);
  return Done{};
}

Status Gateway::open_of_services() {
  for (std::size_t i = 0; i < config_.services.size(); ++i) {
    auto const& service = config_.services[i];
    if (!service.listen) continue;
    if (auto const may = may_listen(*service.listen); !may) return may;
    auto const index = ServiceIndex{static_cast<std::uint32_t>(i)};
    auto const port = shard_.listen(*service.listen, frontend::Endpoints::own_listener(index));
    if (!port) return port.error();
    log_listening(service.name, *service.listen, *port);
  }
  return Done{};
}

Status Gateway::listen() {
  if (auto const opened = open_main(); !opened) return opened;
  if (auto const opened = open_admin(); !opened) return opened;
  return open_of_services();
}

// ── running ──────────────────────────────────────────────────────────────────

int Gateway::run() {
  auto& log = shard_.log();
  log.info("gateway.start", "gateway started", {{"services", config_.services.size()}});
  for (auto const& warning : config_.warnings) {
    log.warn("config.warning", warning.what, {{"path", warning.path}});
  }
  ticker_.repeat(kTick);
  shard_.run();
  log.info("gateway.end", "gateway ended");
  return 0;
}

void Gateway::tick() {
  guard_->reap_orphans();
  if (++ticks_ % kTicksPerSecond != 0) return;
  admin_server_.tick();
  metrics_.logs_dropped(log_sink_.dropped());
}

void Gateway::on_terminate() {
  if (phase_ == Phase::Serving) return drain();
  if (shard_.loop().now() - told_to_stop_ > kImpatience) stop();
}

void Gateway::on_reload() {
  shard_.log().warn("config.reload", "the configuration is read at start only: restart the gateway to change it");
}

ops::GatewayHealth Gateway::health() const {
  ops::GatewayHealth health;
  health.services = shard_.service_health();
  health.status = ops::overall(health.services, phase_ != Phase::Serving);
  health.version = about_.version;
  health.build_time = about_.build_time;
  health.instance_id = about_.instance_id;
  health.uptime_seconds = to_ms(shard_.loop().now() - started_) / 1000;
  return health;
}

// ── ending ───────────────────────────────────────────────────────────────────

void Gateway::drain() {
  phase_ = Phase::Draining;
  told_to_stop_ = shard_.loop().now();
  metrics_.draining(true);
  shard_.log().info("gateway.drain", "told to stop: open calls are waited for", {{"calls", shard_.calls_owed()}});
  drain_limit_.set(config_.gateway.drain_timeout);
  shard_.drain();
}

void Gateway::on_drained(bool is_drained) {
  if (is_drained) stop();
}

void Gateway::stop() {
  if (phase_ != Phase::Draining) return;
  phase_ = Phase::Stopping;
  drain_limit_.cancel();
  shard_.stop();
}

void Gateway::on_over() {
  phase_ = Phase::Over;
  shard_.loop().stop();
}

}  // namespace gateway
