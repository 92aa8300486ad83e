// When a new version is to be taken out of traffic again: judged by what its metrics said from time to time.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gateway::deploy {

/// What /metrics and /readyz said at one moment. Counters count from the start of the gateway.
struct Sample {
  std::chrono::milliseconds at{0};  ///< since monitoring began
  bool answers = false;             ///< without it, nothing else is known
  bool ready = false;
  double requests = 0;  ///< of clients, but for those they cancelled themselves
  double errors = 0;    ///< of these: 5xx, and those the server never answered
  double tool_calls = 0;
  double tool_errors = 0;              ///< results that say `isError`
  std::map<double, double> latency{};  ///< calls of tools that took at most so many seconds
  double restarts = 0;                 ///< of servers, for whatever reason
  double crash_loops = 0;              ///< services that ended too often
  double failing_probes = 0;           ///< services whose last probe failed: what is behind them does not answer
  double memory_ratio = 0;             ///< of the service nearest to its limit, the part of it that it uses
};

/// Reads the text of /metrics into it: what is said of one service, or of all where `of_server` is empty.
void read_metrics(std::string_view text, Sample& sample, std::string_view of_server = {});

/// The limits. A condition holds if it does in each quarter of its window, so that a short burst does not fire.
struct Triggers {
  double error_ratio = 0.05;
  std::chrono::milliseconds error_window = std::chrono::minutes{2};
  double tool_error_points = 0.01;  ///< more than at the primary, over error_window
  double p95_seconds = 0.5;
  double baseline_ratio = 0.8;  ///< of the primary's speed, over latency_window; 0: not compared
  std::chrono::milliseconds latency_window = std::chrono::minutes{5};
  std::chrono::milliseconds probe_window = std::chrono::minutes{1};  ///< for which a probe failed
  double memory_ratio = 0.9;
  std::chrono::milliseconds memory_window = std::chrono::minutes{3};
  std::size_t failed_health = 3;  ///< looks in succession at which it was not ready
  double least_calls = 20;        ///< in a window; of fewer nothing is concluded
};

/// A reason to go back.
struct Fired {
  std::string
      name{};  ///< "errors", "tool_errors", "latency", "baseline", "restart_loop", "health", "backend" or "memory"
  std::string why{};

  bool operator==(Fired const&) const = default;
};

/// Judges by the newest of `samples`, which are in the order of time. `primary` has those of the instance that serves
/// beside it; without any, nothing is compared with it.
[[nodiscard]] std::optional<Fired> judge(std::span<Sample const> samples, std::span<Sample const> primary,
                                         Triggers const& triggers);

/// What happened from one sample to another; a counter that is lower was set back by a restart, and counts from 0.
[[nodiscard]] Sample between(Sample const& from, Sample const& to);
[[nodiscard]] double error_ratio(Sample const& during);
[[nodiscard]] double tool_error_ratio(Sample const& during);
/// Within the bucket, as Prometheus estimates it; empty without calls.
[[nodiscard]] std::optional<double> p95_of(Sample const& during);

}  // namespace gateway::deploy
