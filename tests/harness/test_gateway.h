// The whole middle of the program in a test: a shard, its clock moved by the test, its
// children scripted, its clients on socket pairs. No process, no thread, no sleep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/allowance.h"
#include "gateway/base/entropy.h"
#include "gateway/config/config.h"
#include "gateway/frontend/directory.h"
#include "gateway/io/process_sampler.h"
#include "gateway/log/redaction.h"
#include "gateway/log/sink.h"
#include "gateway/metrics/metrics.h"
#include "gateway/shard.h"
#include "tests/harness/manual_clock.h"
#include "tests/harness/scripted_child.h"
#include "tests/harness/test_client.h"

namespace gateway::harness {

/// The same numbers in every run.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<unsigned char> bytes) override;

 private:
  std::uint64_t state_;
};

/// Keeps the lines, for tests that read them.
class KeptLines final : public log::LogSink {
 public:
  [[nodiscard]] std::vector<log::Wanted> wanted() const override { return {log::Wanted{}}; }
  void write(log::LogPiece& piece) override;
  bool keeps = true;
  std::string text;
};

/// A service named `name` with everything at its default.
[[nodiscard]] config::ServiceConfig service(std::string name, config::Isolation isolation = config::Isolation::Shared);

class TestGateway final : private Shard::Owner {
 public:
  explicit TestGateway(config::Config config, std::uint64_t seed = 1, Generation generation = {});
  ~TestGateway();

  /// Runs turns until `turns` have run; what clients read and write is moved between.
  void turn(std::size_t turns = 1);
  /// Lets time pass, with a turn for every timer that is due meanwhile.
  void advance(Duration by);

  /// Another configuration holds from now on.
  void reload(config::Config config);

  /// A client of the main listener. Valid as long as the gateway.
  TestClient& connect(int window = 0, http::ListenerTag listener = {});
  std::vector<std::unique_ptr<TestClient>>& clients() { return clients_; }

  /// What was handed to another process, and not taken yet.
  struct Passed {
    http::Process to;
    http::MovedConnection connection;
  };
  std::vector<Passed> passed;

  [[nodiscard]] Shard& shard() { return *shard_; }
  [[nodiscard]] frontend::Directory const& directory() const { return *directory_; }
  [[nodiscard]] ScriptedSpawner& spawner() { return spawner_; }
  [[nodiscard]] KeptLines& log() { return lines_; }
  [[nodiscard]] ManualClock& clock() { return clock_; }
  [[nodiscard]] config::Config const& config() const { return config_; }
  [[nodiscard]] Allowance const& connections() const { return connections_; }
  [[nodiscard]] Allowance const& sessions() const { return sessions_; }
  [[nodiscard]] health::ServiceHealth health(std::size_t service = 0) {
    return shard_->health_here().services.at(service);
  }
  [[nodiscard]] std::string metrics() { return metrics_.text(); }
  /// The value of one series, as "name{labels}" or "name"; nothing when it is not there.
  [[nodiscard]] std::optional<double> metric(std::string_view series);
  [[nodiscard]] bool is_over() const { return over_ > 0; }
  [[nodiscard]] int times_over() const { return over_; }
  [[nodiscard]] bool is_drained() const { return drained_; }

 private:
  void pump_clients();

  // Shard::Owner
  void on_drained(std::size_t, bool is_drained) override { drained_ = is_drained; }
  void on_over(std::size_t) override { ++over_; }
  void ask_health(health::HealthSource::Tell tell) override { tell(shard_->health_here()); }
  void move(std::size_t, http::MovedConnection) override {}
  void pass(std::size_t, http::Process to, http::MovedConnection connection) override {
    passed.push_back({to, std::move(connection)});
  }

  config::Config config_;
  metrics::Metrics::About about_;
  ManualClock clock_;
  SeededEntropy entropy_;
  ScriptedSpawner spawner_;
  io::ProcessSampler sampler_;
  KeptLines lines_;
  metrics::Metrics metrics_;
  log::Redaction redaction_;
  std::unique_ptr<frontend::Directory> directory_;
  Allowance connections_;
  Allowance sessions_;
  frontend::Quotas quotas_;
  Shared shared_;
  std::optional<Shard> shard_;
  std::vector<std::unique_ptr<TestClient>> clients_;
  std::vector<pollfd> polled_;
  bool drained_ = false;
  int over_ = 0;
};

}  // namespace gateway::harness
