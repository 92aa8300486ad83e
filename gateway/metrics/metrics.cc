#include "gateway/metrics/metrics.h"

#include <array>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "gateway/metrics/families.h"
#include "gateway/metrics/loop_probe.h"
#include "gateway/metrics/process_metrics.h"

namespace gateway::metrics {

namespace {
constexpr std::array<char const*, 22> kAuthFailures{"bad_certificate",
                                                    "bad_signature",
                                                    "bad_token",
                                                    "expired",
                                                    "expired_certificate",
                                                    "fetch_site",
                                                    "forbidden",
                                                    "host",
                                                    "inactive",
                                                    "insufficient_scope",
                                                    "issuer_unavailable",
                                                    "malformed",
                                                    "missing",
                                                    "no_certificate",
                                                    "not_yet_valid",
                                                    "origin",
                                                    "other_session",
                                                    "unknown_key",
                                                    "unnamed_certificate",
                                                    "wrong_algorithm",
                                                    "wrong_audience",
                                                    "wrong_issuer"};

std::int64_t now_in_seconds() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }
}  // namespace

class Metrics::Impl {
 public:
  Impl(About const& about, config::MetricsConfig const& config) : config_(config) {
    families_.build_info
        .at({{"version", about.version},
             {"revision", about.revision},
             {"build_time", about.build_time},
             {"instance_id", about.instance_id},
             {"pool", about.pool},
             {"env", about.env}})
        .set(1);
    for (auto const* const reason : kAuthFailures) families_.auth_failures.at({{"reason", reason}});
    families_.trace_context_invalid.at({});
    (void)loop(0);  // there always is one
  }

  LoopProbe& loop(std::size_t number) {
    while (loops_.size() <= number) loops_.push_back(std::make_unique<LoopProbe>(families_, loops_.size()));
    return *loops_[number];
  }

  ServiceProbe& service(std::string const& name) {
    auto& probe = services_[name];
    if (!probe) {
      probe = std::make_unique<ServiceProbe>(families_, name,
                                             ServiceProbe::Options{.tool_durations = config_.tool_durations});
    }
    return *probe;
  }

  std::string text() {
    read_process(families_);
    for (auto const& loop : loops_) loop->read_clock();
    std::string text;
    text.reserve(last_size_ + last_size_ / 8);
    for (auto const* const family : families_.page) family->write(text, hidden_);
    last_size_ = text.size();
    return text;
  }

  config::MetricsConfig const config_;
  Families families_;
  Counter& spans_exported_ = families_.otlp_spans.at({{"result", "exported"}});
  Counter& spans_dropped_ = families_.otlp_spans.at({{"result", "dropped"}});
  Counter& spans_failed_ = families_.otlp_spans.at({{"result", "failed"}});
  Gauge& draining_ = families_.draining.at({});
  HiddenLabels hidden_;

 private:
  std::map<std::string, std::unique_ptr<ServiceProbe>> services_;
  std::vector<std::unique_ptr<LoopProbe>> loops_;
  std::size_t last_size_ = 0;
};

Metrics::Metrics(About const& about, config::MetricsConfig const& config)
    : impl_(std::make_unique<Impl>(about, config)) {
  for (auto const* const result : {"applied", "unchanged", "refused", "not_now"})
    impl_->families_.config_reloads.at({{"result", result}});
  impl_->families_.config_successful.at({}).set(1);
  impl_->families_.config_loaded.at({}).set(now_in_seconds());
}
Metrics::~Metrics() = default;

ServiceProbe& Metrics::service(std::string const& name) { return impl_->service(name); }

LoopProbe& Metrics::loop(std::size_t number) { return impl_->loop(number); }

void Metrics::hide_service(std::string_view name) { impl_->hidden_.insert(label_text({{"server", name}})); }

void Metrics::show_service(std::string_view name) { impl_->hidden_.erase(label_text({{"server", name}})); }

void Metrics::config_reloaded(std::string_view result) {
  impl_->families_.config_reloads.at({{"result", result}}).add();
}

void Metrics::config_in_use(bool is_last_read) {
  impl_->families_.config_successful.at({}).set(is_last_read ? 1 : 0);
  if (is_last_read) impl_->families_.config_loaded.at({}).set(now_in_seconds());
}

void Metrics::version_weight(std::string_view server, std::string_view service, std::string_view version,
                             std::size_t weight) {
  Labels const labels{{"server", server}, {"service", service}, {"version", version}};
  impl_->hidden_.erase(label_text(labels));
  impl_->families_.version_weight.at(labels).set(static_cast<std::int64_t>(weight));
}

void Metrics::version_gone(std::string_view server, std::string_view service, std::string_view version) {
  impl_->hidden_.insert(label_text({{"server", server}, {"service", service}, {"version", version}}));
}

void Metrics::canary_rolled_back(std::string_view service, std::string_view trigger) {
  impl_->families_.canary_rollbacks.at({{"server", service}, {"trigger", trigger}}).add();
}

void Metrics::limits(std::size_t sessions, std::size_t connections) {
  impl_->families_.sessions_limit.at({}).set(static_cast<std::int64_t>(sessions));
  impl_->families_.connections_limit.at({}).set(static_cast<std::int64_t>(connections));
}

void Metrics::auth_source_read(std::string_view source, bool could_be_read) {
  impl_->families_.auth_source_reads.at({{"source", source}, {"outcome", could_be_read ? "ok" : "error"}}).add();
}

void Metrics::auth_failed(std::string_view reason) { impl_->families_.auth_failures.at({{"reason", reason}}).add(); }

void Metrics::certificate_gone(std::string_view listener) {
  impl_->hidden_.insert(label_text({{"listener", listener}}));
}

void Metrics::certificate_read(std::string_view listener, UnixTime expires) {
  impl_->hidden_.erase(label_text({{"listener", listener}}));
  impl_->families_.tls_reads.at({{"listener", listener}, {"outcome", "ok"}}).add();
  impl_->families_.tls_expiry.at({{"listener", listener}}).set(expires.time_since_epoch().count());
}

void Metrics::certificate_unusable(std::string_view listener) {
  impl_->families_.tls_reads.at({{"listener", listener}, {"outcome", "error"}}).add();
}

void Metrics::logs_dropped(std::string_view output, std::size_t total) {
  impl_->families_.log_dropped.at({{"output", output}}).raise_to(total);
}

void Metrics::trace_context_invalid() { impl_->families_.trace_context_invalid.at({}).add(); }

void Metrics::spans(std::size_t exported, std::size_t dropped, std::size_t failed) {
  impl_->spans_exported_.raise_to(exported);
  impl_->spans_dropped_.raise_to(dropped);
  impl_->spans_failed_.raise_to(failed);
}

void Metrics::draining(bool is_draining) { impl_->draining_.set(is_draining ? 1 : 0); }

std::string Metrics::text() { return impl_->text(); }

}  // namespace gateway::metrics
