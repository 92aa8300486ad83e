#include "tests/harness/test_gateway.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gateway::harness {

void SeededEntropy::fill(std::span<unsigned char> bytes) {
  for (auto& byte : bytes) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    byte = static_cast<unsigned char>(state_ >> 56);
  }
}

void KeptLines::write(log::LogPiece& piece) {
  if (keeps) text.append(piece.bytes.view());
  piece.clear();
}

config::ServiceConfig service(std::string name, config::Isolation isolation) {
  config::ServiceConfig config;
  config.name = std::move(name);
  config.command = config.name;
  config.isolation = isolation;
  config.era = config::ServerEra::Legacy;
  return config;
}

TestGateway::TestGateway(config::Config config, std::uint64_t seed, Generation generation)
    : config_(std::move(config)),
      about_{.version = "test", .revision = {}, .build_time = {}, .instance_id = "test"},
      entropy_(seed),
      sampler_("MCP_GATEWAY_CHILD=test"),
      metrics_(about_, config_.gateway.metrics),
      directory_(std::make_unique<frontend::Directory>(
          frontend::Directory::list(config_.services, {}, 1, metrics_),
          frontend::Directory::Layout{.base_path = config_.gateway.base_path, .generation = generation})),
      connections_(config_.gateway.limits.max_connections),
      sessions_(config_.gateway.limits.max_sessions),
      quotas_(config_.gateway.quotas),
      shared_{.config = config_.gateway,
              .about = about_,
              .directory = *directory_,
              .guard = nullptr,
              .sampler = sampler_,
              .log_sink = lines_,
              .metrics = metrics_,
              .redaction = redaction_,
              .spans = nullptr,
              .connections = connections_,
              .sessions = sessions_,
              .quotas = quotas_,
              .started = clock_.now()} {
  shard_.emplace(0, shared_, static_cast<Shard::Owner&>(*this),
                 Machine{.clock = &clock_, .entropy = &entropy_, .spawner = &spawner_});
  spawner_.deliver_on(shard_->loop());
  shard_->start();
  turn();
}

TestGateway::~TestGateway() {
  spawner_.end();
  shard_.reset();
}

void TestGateway::turn(std::size_t turns) {
  for (std::size_t i = 0; i < turns; ++i) {
    pump_clients();
    shard_->loop().turn({});
    pump_clients();
  }
}

void TestGateway::reload(config::Config config) {
  config_ = std::move(config);
  auto next = std::make_unique<frontend::Directory>(directory_->list_next(config_.services, {}, metrics_),
                                                    directory_->next_layout(config_.gateway.base_path));
  Setup setup{.config = config_.gateway,
              .directory = *next,
              .redaction = redaction_,
              .closed = {},
              .opened = {},
              .expelled = {},
              .tls = {}};
  quotas_.replace(config_.gateway.quotas);
  sessions_.set_limit(config_.gateway.limits.max_sessions);
  shard_->take_up(setup);
  directory_ = std::move(next);  // the former one is gone at once: nobody may look at it any more
  turn();
}

/// Only those that have something to do: a story has many clients and many turns.
void TestGateway::pump_clients() {
  polled_.clear();
  for (auto const& client : clients_) polled_.push_back(client->wants());
  if (::poll(polled_.data(), polled_.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < polled_.size(); ++i) {
    if (polled_[i].revents != 0) clients_[i]->pump();
  }
}

void TestGateway::advance(Duration by) {
  auto const until = clock_.now() + by;
  while (true) {
    auto const next = shard_->loop().next_timer();
    if (!next || *next > until) break;
    clock_.set(*next);
    turn();
  }
  clock_.set(until);
  turn();
}

TestClient& TestGateway::connect(int window, http::ListenerTag listener) {
  auto& client = *clients_.emplace_back(std::make_unique<TestClient>(window));
  shard_->accepted(client.take_gateway_end(), listener);
  return client;
}

std::optional<double> TestGateway::metric(std::string_view series) {
  auto const text = "\n" + metrics();
  auto const line = "\n" + std::string(series) + " ";
  auto const at = text.find(line);
  if (at == std::string::npos) return std::nullopt;
  double value = 0;
  std::from_chars(text.data() + at + line.size(), text.data() + text.size(), value);
  return value;
}

}  // namespace gateway::harness
