#include "gateway/trace/tracer.h"

#include <chrono>

#include "gateway/metrics/metrics.h"

namespace gateway::trace {

std::optional<TraceContext> Tracer::read(std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto const context = parse_traceparent(text);
  if (!context) metrics_.trace_context_invalid();
  return context;
}

TraceContext Tracer::child_of(std::optional<TraceContext> const& parent) {
  if (parent) return {parent->trace, new_span(), parent->sampled};
  TraceContext begun{{entropy_.number(), entropy_.number()}, new_span(), true};
  if (begun.trace == TraceId{}) begun.trace.low = 1;
  return begun;
}

SpanId Tracer::new_span() {
  auto const number = entropy_.number();
  return SpanId{number == 0 ? 1 : number};
}

std::int64_t Tracer::unix_ns(TimePoint then) const {
  using std::chrono::nanoseconds;
  auto const steady = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  auto const wall = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<nanoseconds>(wall - (steady - then)).count();
}

}  // namespace gateway::trace
