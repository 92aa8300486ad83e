// Decides which spans of one loop are recorded.
#pragma once

#include <optional>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/entropy.h"
#include "gateway/base/token_bucket.h"
#include "gateway/base/trace_context.h"
#include "gateway/config/config.h"
#include "gateway/trace/span_exporter.h"

namespace gateway::metrics {
class Metrics;
}

namespace gateway::trace {

/// Creates ids, decides what is recorded, and passes spans to the exporter. If tracing is off, `on` is false and
/// nothing else is called. Belongs to its loop's thread.
class Tracer {
 public:
  /// `exporter` is null if tracing is off. References outlive it.
  Tracer(config::TracesConfig const& config, SpanExporter* exporter, metrics::Metrics& metrics, Entropy& entropy)
      : config_(config), exporter_(exporter), metrics_(metrics), entropy_(entropy) {
    if (on()) passing_ = passing_by(config_.sample, entropy_.number());
  }

  [[nodiscard]] bool on() const { return exporter_ != nullptr; }
  [[nodiscard]] bool propagates() const { return config_.propagate; }

  /// Parses a client's traceparent; an invalid one is counted.
  [[nodiscard]] std::optional<TraceContext> read(std::string_view traceparent);
  /// A new span within `parent`, or the root of a new trace.
  [[nodiscard]] TraceContext child_of(std::optional<TraceContext> const& parent);
  /// Whether a new trace is recorded.
  [[nodiscard]] bool samples() {
    if (passing_ > 0) {
      --passing_;
      return false;
    }
    passing_ = passing_by(config_.sample, entropy_.number());
    return true;
  }
  /// Whether a span of this duration is recorded although it was not sampled.
  [[nodiscard]] bool is_slow(Duration took) const { return config_.slow > milliseconds{} && took >= config_.slow; }

  /// Limits how many spans that were not sampled are recorded per second: if everything fails, a few say as much as
  /// all.
  [[nodiscard]] bool may_record_late(TimePoint now) { return late_.take(now); }

  [[nodiscard]] SpanId new_span();
  /// A time of the loop's clock in nanoseconds since 1970.
  [[nodiscard]] std::int64_t unix_ns(TimePoint then) const;

  void record(TraceSpan span) { exporter_->take(std::move(span)); }

 private:
  config::TracesConfig const& config_;
  SpanExporter* exporter_;
  metrics::Metrics& metrics_;
  Entropy& entropy_;
  std::uint64_t passing_ = 0;  ///< traces to skip before the next one is recorded
  static constexpr std::size_t kLatePerSecond = 50;
  TokenBucket late_{kLatePerSecond};
};

}  // namespace gateway::trace
