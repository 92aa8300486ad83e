// What is counted, as verbs. The names, helps and buckets of the metrics stand in
// families.h alone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/config/config.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::metrics {

class LoopProbe;

/// Owns all series. Built before all that counts, destroyed after it. What is not
/// a service's or a loop's may be called from several threads.
class Metrics {
 public:
  struct About {
    std::string version;
    std::string revision;
    std::string build_time;
    std::string instance_id;
    std::string pool{};  ///< which pool of gateways it belongs to; often empty
    std::string env{};   ///< such as "production"; often empty
  };
  explicit Metrics(About const& about, config::MetricsConfig const& config = {});
  ~Metrics();
  Metrics(Metrics const&) = delete;
  Metrics& operator=(Metrics const&) = delete;

  /// A probe whose series all exist from now on, at zero. It belongs to the thread
  /// of the service's loop. Probes are asked for before there are such threads.
  [[nodiscard]] ServiceProbe& service(std::string const& name);
  /// The same for the same number. A loop's probe belongs to its thread.
  [[nodiscard]] LoopProbe& loop(std::size_t number);

  void limits(std::size_t sessions, std::size_t connections);
  void auth_failed(std::string_view reason);
  /// Lines so far that an output of the log dropped.
  void logs_dropped(std::string_view output, std::size_t total);
  /// A traceparent came that is none.
  void trace_context_invalid();
  /// Spans so far, by what became of them.
  void spans(std::size_t exported, std::size_t dropped, std::size_t failed);
  void draining(bool is_draining);

  /// Prometheus' text format 0.0.4. A look at counters: it waits for no loop.
  [[nodiscard]] std::string text();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::metrics
