#include "gateway/ops/admin.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"
#include "gateway/ops/http_tags.h"

namespace gateway::ops {

Admin::Admin(HealthSource& health, Metrics& metrics, Metrics::About about)
    : health_(health),
      metrics_(metrics),
      version_(fmt::format("{{\"version\":{},\"revision\":{},\"buildTime\":{},\"instance_id\":{}}}\n",
                           json_string(about.version), json_string(about.revision), json_string(about.build_time),
                           json_string(about.instance_id))) {}

void Admin::on_request(http::Exchange& exchange, http::Request const& request) {
  exchange.set_route(tag_of(Route::Admin));
  auto const reads = request.head.method == http::Method::Get || request.head.method == http::Method::Head;
  if (!reads) {
    return exchange.respond({.status = 405, .content_type = {}, .fields = "Allow: GET, HEAD\r\n", .body = {}});
  }
  auto const path = request.head.path;
  if (path != "/health" && path != "/healthz" && path != "/readyz") return answer(exchange, page(path));
  health_.ask_health([this, id = exchange.id(), asked = std::string(path)](GatewayHealth const& health) {
    if (auto* const open = server_->find(id)) answer(*open, health_page(asked, health));
  });
}

void Admin::answer(http::Exchange& exchange, Page const& page) {
  std::string_view const body = page.body;
  exchange.respond({.status = page.status,
                    .content_type = page.content_type,
                    .fields = "Cache-Control: no-store\r\n",
                    .body = {&body, 1}});
}

Admin::Page Admin::page(std::string_view path) {
  if (path == "/metrics") return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()};
  if (path == "/version") return {.body = version_};
  // The loop turns, or this would not be answered.
  if (path == "/livez") return {.content_type = "text/plain", .body = "ok\n"};
  return {.status = 404, .content_type = "text/plain",
          .body = "not found; here are /health, /livez, /readyz, /version and /metrics\n"};
}

Admin::Page Admin::health_page(std::string_view path, GatewayHealth const& health) {
  if (path != "/readyz") return {.status = http_status(health.status), .body = to_json(health)};
  auto const ready = is_ready(health);
  return {.status = ready ? 200 : 503, .content_type = "text/plain", .body = ready ? "ok\n" : "not ready\n"};
}

}  // namespace gateway::ops
