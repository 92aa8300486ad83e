// All metrics. Their names, help texts and buckets are in families.h only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/config/config.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::metrics {

class LoopProbe;

/// Owns all series; outlives everything that counts. All but the probes may be called from several threads.
class Metrics {
 public:
  struct About {
    std::string version;
    std::string revision;
    std::string build_time;
    std::string instance_id;
    std::string pool{};  ///< the deployment it belongs to; may be empty
    std::string env{};   ///< such as "production"; may be empty
  };
  explicit Metrics(About const& about, config::MetricsConfig const& config = {});
  ~Metrics();
  Metrics(Metrics const&) = delete;
  Metrics& operator=(Metrics const&) = delete;

  /// A probe, whose series exist from now on, at zero. It belongs to the thread of the service's loop. Probes are
  /// requested before these threads exist.
  [[nodiscard]] ServiceProbe& service(std::string const& name);
  /// Always the same one for a number. It belongs to the loop's thread.
  [[nodiscard]] LoopProbe& loop(std::size_t number);

  /// A service that is configured no more, or again: its series are not in `text`, or are.
  void hide_service(std::string_view name);
  void show_service(std::string_view name);
  /// A listener has no TLS any more.
  void certificate_gone(std::string_view listener);
  /// The configuration was read again, with this result.
  void config_reloaded(std::string_view result);
  /// Whether the one in use is the one that was read last.
  void config_in_use(bool is_last_read);

  /// The part of owners that a version of a service has, in percent. `server` is what the version's other metrics have.
  void version_weight(std::string_view server, std::string_view service, std::string_view version, std::size_t weight);
  /// It is configured no more.
  void version_gone(std::string_view server, std::string_view service, std::string_view version);
  void canary_rolled_back(std::string_view service, std::string_view trigger);

  void limits(std::size_t sessions, std::size_t connections);
  void auth_failed(std::string_view reason);
  /// A file of tokens was read, or could not be.
  void auth_source_read(std::string_view source, bool could_be_read);
  /// The certificate of a listener was read, and is used until it expires; or could not be used.
  void certificate_read(std::string_view listener, UnixTime expires);
  void certificate_unusable(std::string_view listener);
  /// Lines so far that an output of the log dropped.
  void logs_dropped(std::string_view output, std::size_t total);
  /// A client sent an invalid traceparent.
  void trace_context_invalid();
  /// Spans so far, by result.
  void spans(std::size_t exported, std::size_t dropped, std::size_t failed);
  void draining(bool is_draining);

  /// Prometheus text format 0.0.4. Only reads counters: waits for no loop.
  [[nodiscard]] std::string text();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::metrics
