#include "gateway/admin/history.h"

#include <algorithm>
#include <numeric>

namespace gateway::admin {

namespace {

constexpr std::size_t kSamplesPerPoint = History::kPointSeconds / History::kSampleSeconds;
/// The one before the first point's first is where that point begins to count.
constexpr std::size_t kKept = History::kPoints * kSamplesPerPoint + 1;
constexpr int kRateSeconds = 60;
constexpr int kLatencySeconds = 300;

}  // namespace

void History::sample(metrics::Traffic const& traffic) {
  bounds_ = traffic.latency_bounds;
  if (samples_.empty()) samples_.push_back({taken_++, 0, 0, 0, std::vector<std::uint64_t>(traffic.latency.size())});
  samples_.push_back({taken_++, traffic.calls, traffic.errors, traffic.child_cpu_seconds, traffic.latency});
  if (samples_.size() > kKept) samples_.pop_front();
}

/// The sample taken that long before the last, or the oldest.
History::Sample const& History::before(int seconds) const {
  auto const back = static_cast<std::size_t>(seconds / kSampleSeconds);
  return samples_[samples_.size() - 1 - std::min(back, samples_.size() - 1)];
}

History::Rates History::rates() const {
  Rates rates;
  if (samples_.size() < 2) return rates;
  auto const& last = samples_.back();
  auto const& first = before(kRateSeconds);
  auto const seconds = static_cast<double>(last.number - first.number) * kSampleSeconds;
  rates.calls_per_minute = static_cast<double>(last.calls - first.calls) * 60 / seconds;
  rates.errors_per_minute = static_cast<double>(last.errors - first.errors) * 60 / seconds;
  rates.cpu_cores = std::max(0.0, last.cpu_seconds - first.cpu_seconds) / seconds;
  auto const& from = before(kLatencySeconds);
  rates.p50_ms = quantile(0.50, from);
  rates.p95_ms = quantile(0.95, from);
  return rates;
}

/// As Prometheus' histogram_quantile has it: within its bucket a value is taken to
/// lie where its rank does.
std::optional<double> History::quantile(double q, Sample const& from) const {
  auto counts = samples_.back().latency;
  for (std::size_t i = 0; i < counts.size() && i < from.latency.size(); ++i) counts[i] -= from.latency[i];
  auto const total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  if (total == 0 || bounds_.empty()) return std::nullopt;
  auto const rank = q * static_cast<double>(total);
  double below = 0;
  for (std::size_t i = 0; i < counts.size() && i < bounds_.size(); ++i) {
    auto const here = static_cast<double>(counts[i]);
    if (below + here >= rank && here > 0) {
      auto const start = i == 0 ? 0.0 : bounds_[i - 1];
      return (start + (bounds_[i] - start) * (rank - below) / here) * 1000;
    }
    below += here;
  }
  return bounds_.back() * 1000;
}

/// Points stand at fixed times, so that a chart that is drawn again moves by whole
/// points.
History::Chart History::chart() const {
  Chart chart;
  if (samples_.empty()) return chart;
  auto const last_point = samples_.back().number / kSamplesPerPoint;
  for (std::size_t i = 1; i < samples_.size(); ++i) {
    auto const age = last_point - samples_[i].number / kSamplesPerPoint;
    if (age >= kPoints) continue;
    chart.calls[kPoints - 1 - age] += samples_[i].calls - samples_[i - 1].calls;
    chart.errors[kPoints - 1 - age] += samples_[i].errors - samples_[i - 1].errors;
  }
  return chart;
}

}  // namespace gateway::admin
