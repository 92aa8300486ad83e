// How spans get to the collector, and what the log says when they do not.
#pragma once

#include <memory>
#include <string>

#include "gateway/config/config.h"
#include "gateway/log/log.h"
#include "gateway/metrics/metrics.h"
#include "gateway/trace/span_exporter.h"

namespace gateway {

/// Posts spans to the configured endpoint from a thread of its own; null where traces
/// are off.
[[nodiscard]] std::unique_ptr<trace::SpanExporter> make_exporter(config::TracesConfig const& config,
                                                                 metrics::Metrics::About const& about);

/// Watches an exporter: counts what became of spans, and logs once that they do not reach
/// the collector, and once more that they do again.
class SpanWatch {
 public:
  /// `exporter` may be null. References outlive it.
  SpanWatch(trace::SpanExporter* exporter, metrics::Metrics& metrics, log::Log& log)
      : exporter_(exporter), metrics_(metrics), log_(log) {}

  /// Once a second.
  void tick();

 private:
  trace::SpanExporter* exporter_;
  metrics::Metrics& metrics_;
  log::Log& log_;
  std::string reported_;  ///< why spans did not reach the collector, as it was logged last
};

}  // namespace gateway
