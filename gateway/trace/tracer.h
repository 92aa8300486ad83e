// Which work becomes spans, for one loop.
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

/// Makes ids, decides what is recorded, and hands spans on. Where traces are off,
/// `on` is false and nothing else is called. Belongs to its loop's thread.
class Tracer {
 public:
  /// `exporter` is null where traces are off. References outlive it.
  Tracer(config::TracesConfig const& config, SpanExporter* exporter, metrics::Metrics& metrics, Entropy& entropy)
      : config_(config), exporter_(exporter), metrics_(metrics), entropy_(entropy) {
    if (on()) passing_ = passing_by(config_.sample, entropy_.number());
  }

  [[nodiscard]] bool on() const { return exporter_ != nullptr; }
  [[nodiscard]] bool propagates() const { return config_.propagate; }

  /// A traceparent that came; one that is none is counted.
  [[nodiscard]] std::optional<TraceContext> read(std::string_view traceparent);
  /// A span of its own for work asked for by `parent`, or a trace begun here.
  [[nodiscard]] TraceContext child_of(std::optional<TraceContext> const& parent);
  /// Whether a trace that begins here is recorded.
  [[nodiscard]] bool samples() {
    if (passing_ > 0) {
      --passing_;
      return false;
    }
    passing_ = passing_by(config_.sample, entropy_.number());
    return true;
  }
  /// Whether work that took so long is recorded although it was not chosen.
  [[nodiscard]] bool is_slow(Duration took) const { return config_.slow > milliseconds{} && took >= config_.slow; }

  /// Of those that were not chosen, so many a second: when everything fails, a few tell as much as all.
  [[nodiscard]] bool may_record_late(TimePoint now) { return late_.take(now); }

  [[nodiscard]] SpanId new_span();
  /// Nanoseconds since 1970 of a moment of the loop's clock.
  [[nodiscard]] std::int64_t unix_ns(TimePoint then) const;

  void record(TraceSpan span) { exporter_->take(std::move(span)); }

 private:
  config::TracesConfig const& config_;
  SpanExporter* exporter_;
  metrics::Metrics& metrics_;
  Entropy& entropy_;
  std::uint64_t passing_ = 0;  ///< traces that pass by before the next that is recorded
  static constexpr std::size_t kLatePerSecond = 50;
  TokenBucket late_{kLatePerSecond};
};

}  // namespace gateway::trace
