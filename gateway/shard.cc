#include "gateway/shard.h"

#include <algorithm>

extern char** environ;

namespace gateway {

namespace {

std::vector<std::string> names_of(std::vector<ops::ServiceConfig> const& services) {
  std::vector<std::string> names;
  for (auto const& service : services) names.push_back(service.name);
  return names;
}

}  // namespace

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

Shard::Shard(Shared const& shared, Owner& owner)
    : shared_(shared),
      owner_(owner),
      log_(shared.config.gateway.log, {.version = shared.about.version, .instance_id = shared.about.instance_id},
           shared.log_sink),
      sessions_(entropy_),
      desk_{.clock = loop_, .config = shared.config.gateway, .sessions = sessions_, .services = {}, .log = log_},
      front_door_(desk_, frontend::Endpoints(names_of(shared.config.services), shared.single),
                  names_of(shared.config.services), shared.health, shared.metrics),
      server_(loop_, server_limits(shared.config.gateway), front_door_, shared.metrics.http()),
      supervisor_({.world = {.loop = loop_,
                             .guard = shared.guard,
                             .entropy = entropy_,
                             .log = log_,
                             .environment = environ,
                             .version = shared.about.version},
                   .limits = shared.config.gateway.limits,
                   .sessions = sessions_,
                   .clients = front_door_},
                  shared.config.services, shared.metrics, *this),
      ticker_(loop_, [this] { tick(); }) {
  for (auto const& service : supervisor_.services()) desk_.services.push_back(service.get());
  desk_.server = &server_;
  loop_.set_end_of_turn([this] { log_.end_turn(loop_.now()); });
}

Result<std::uint16_t> Shard::listen(ops::ListenAddress const& address, http::ListenerTag tag) {
  return server_.listen(address.host, address.port, tag);
}

// ── running ──────────────────────────────────────────────────────────────────

void Shard::run() {
  ticker_.repeat(kTick);
  supervisor_.start();
  loop_.run();
}

void Shard::tick() {
  supervisor_.tick();
  if (++ticks_ % kTicksPerSecond == 0) {
    server_.tick();
    front_door_.tick();
  }
  tell_whether_drained();
}

std::vector<ops::ServiceHealth> Shard::service_health() const {
  std::vector<ops::ServiceHealth> all;
  for (auto const& service : supervisor_.services()) all.push_back(service->health());
  return all;
}

// ── ending ───────────────────────────────────────────────────────────────────

void Shard::drain() {
  if (phase_ != Phase::Serving) return;
  phase_ = Phase::Draining;
  desk_.draining = true;
  tell_whether_drained();
}

void Shard::tell_whether_drained() {
  if (phase_ != Phase::Draining) return;
  // A long answer is not given before its client has taken it.
  auto const drained = supervisor_.calls_owed() == 0 && !server_.sending();
  if (drained == told_drained_) return;
  told_drained_ = drained;
  owner_.on_drained(drained);
}

void Shard::stop() {
  if (phase_ == Phase::Stopping) return;
  phase_ = Phase::Stopping;
  front_door_.end_all_sessions();
  server_.stop_listening();
  server_.close_when_done();
  supervisor_.stop();
}

void Shard::on_all_stopped() { owner_.on_over(); }

}  // namespace gateway
