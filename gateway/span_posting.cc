#include "gateway/span_posting.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "gateway/base/url.h"
#include "gateway/http/client.h"

namespace gateway {

namespace {

std::string header_lines(config::TracesConfig const& config) {
  std::string lines = "Content-Type: application/json\r\n";
  for (auto const& [name, value] : config.headers) lines.append(fmt::format("{}: {}\r\n", name, value.reveal()));
  return lines;
}

/// Why a collector did not accept what was posted; empty when it did.
std::string trouble_of(Result<http::Answered> const& answer) {
  if (!answer) return answer.error().what;
  return answer->status / 100 == 2 ? std::string{} : fmt::format("it answered with status {}", answer->status);
}

}  // namespace

std::unique_ptr<trace::SpanExporter> make_exporter(config::TracesConfig const& config,
                                                   metrics::Metrics::About const& about) {
  if (config.endpoint.empty()) return nullptr;
  trace::Resource resource{
      {"service.name", "mcp-gateway"}, {"service.version", about.version}, {"service.instance.id", about.instance_id}};
  if (!about.env.empty()) resource.emplace_back("deployment.environment.name", about.env);
  if (!about.pool.empty()) resource.emplace_back("mcp_gateway.pool", about.pool);
  auto post = [url = parse_url(config.endpoint).value_or(Url{}), fields = header_lines(config)](
                  std::string_view body, std::chrono::milliseconds patience) {
    return trouble_of(http::ask(url, {.method = "POST", .fields = fields, .body = body}, patience));
  };
  return std::make_unique<trace::SpanExporter>(std::move(post), std::move(resource));
}

void SpanWatch::tick() {
  if (exporter_ == nullptr) return;
  auto const counts = exporter_->counts();
  metrics_.spans(counts.exported, counts.dropped, counts.failed);
  auto trouble = exporter_->trouble();
  if (trouble.empty() == reported_.empty()) return;
  if (trouble.empty()) {
    log_.info("traces.export", "spans reach the collector again", {{"failed", counts.failed}});
  } else {
    log_.warn("traces.export", "spans do not reach the collector, and are lost",
              {{"err.kind", "export"}, {"err.msg", trouble}, {"failed", counts.failed}});
  }
  reported_ = std::move(trouble);
}

}  // namespace gateway
