// What a service did in the last half hour.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "gateway/metrics/metrics.h"

namespace gateway::admin {

/// A few samples a minute of counts that only grow, kept so that a page which is
/// opened now shows what was before. Pure: sampled and asked on one thread.
class History {
 public:
  static constexpr int kSampleSeconds = 5;
  static constexpr int kPointSeconds = 30;
  static constexpr std::size_t kPoints = 60;

  /// Once every kSampleSeconds, beginning when so much time has passed since all
  /// counts were zero.
  void sample(metrics::Traffic const& traffic);

  /// Over the last minute, or as long as there are samples.
  struct Rates {
    double calls_per_minute = 0;
    double errors_per_minute = 0;
    /// In milliseconds, of the calls of the last five minutes; absent where there was none.
    std::optional<double> p50_ms;
    std::optional<double> p95_ms;
    double cpu_cores = 0;  ///< of the service's children
  };
  [[nodiscard]] Rates rates() const;

  /// Counts in each of the last kPoints times of kPointSeconds, oldest first; the
  /// last is not over yet.
  struct Chart {
    std::array<std::uint64_t, kPoints> calls{};
    std::array<std::uint64_t, kPoints> errors{};
  };
  [[nodiscard]] Chart chart() const;

 private:
  struct Sample {
    std::uint64_t number = 0;  ///< counts all samples ever taken
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
    double cpu_seconds = 0;
    std::vector<std::uint64_t> latency;  ///< by bucket, not summed up
  };
  [[nodiscard]] Sample const& before(int seconds) const;
  [[nodiscard]] std::optional<double> quantile(double q, Sample const& from) const;

  std::deque<Sample> samples_;
  std::uint64_t taken_ = 0;
  std::vector<double> bounds_;  ///< of the latency's buckets, in seconds; the last has none
};

}  // namespace gateway::admin
