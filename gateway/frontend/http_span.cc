#include "gateway/frontend/http_span.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "gateway/http/method_name.h"

namespace gateway::frontend {

namespace {

std::string_view path_of(Door door) {
  switch (door) {
    case Door::Sse: return "/sse";
    case Door::Messages: return "/messages";
    case Door::Mcp: return "/mcp";
    case Door::Health: return "/health";
  }
  return "";
}

/// Handed on when its exchange is over, whatever became of it. A GET opens a stream
/// for hours; its span ends when the stream is open.
class HttpSpan final : public http::ExchangeWatcher {
 public:
  HttpSpan(Desk const& desk, trace::TraceSpan span, bool ends_when_answered)
      : desk_(desk), span_(std::move(span)), ends_when_answered_(ends_when_answered) {}
  ~HttpSpan() override { end(); }

  void on_answered(int status) override {
    span_.add("http.response.status_code", status);
    constexpr int kOurFault = 500;
    if (status >= kOurFault) {
      span_.failed = true;
      span_.add("error.type", fmt::format("{}", status));
    }
    if (ends_when_answered_) end();
  }

 private:
  void end() {
    if (std::exchange(ended_, true)) return;
    span_.ended_ns = desk_.tracer.unix_ns(desk_.clock.now());
    desk_.tracer.record(std::move(span_));
  }

  Desk const& desk_;
  trace::TraceSpan span_;
  bool ends_when_answered_;
  bool ended_ = false;
};

trace::TraceSpan span_of(Desk& desk, Visit const& visit, std::optional<TraceContext> const& asked_by) {
  auto const& head = visit.request.head;
  auto const method = http::name_of(head.method);
  auto const route = path_of(visit.endpoint.door);
  trace::TraceSpan span;
  span.context = desk.tracer.child_of(asked_by);
  span.parent = asked_by ? asked_by->span : SpanId{};
  span.kind = trace::SpanKind::Server;
  span.name = fmt::format("{} {}", method, route);
  span.started_ns = desk.tracer.unix_ns(desk.clock.now());
  // No query: that of a legacy POST holds its session.
  span.add("http.request.method", method);
  span.add("http.route", route);
  span.add("url.path", head.path);
  span.add("url.scheme", "http");
  span.add("server.address", head.host);
  span.add("client.address", visit.exchange.remote());
  span.add("network.protocol.version", head.minor_version == 0 ? "1.0" : "1.1");
  span.add("user_agent.original", head.find("user-agent").value_or(""));
  span.add("mcp_gateway.request_id", visit.request.request_id);
  return span;
}

}  // namespace

mcp::TraceAround trace_request(Desk& desk, Visit const& visit) {
  auto const& head = visit.request.head;
  auto const asked_by = desk.tracer.read(head.find("traceparent").value_or(""));
  auto state = asked_by ? head.find("tracestate").value_or("") : std::string_view{};
  if (!is_tracestate(state)) state = {};
  if (asked_by ? !asked_by->sampled : !desk.tracer.samples()) return {asked_by, state};

  auto span = span_of(desk, visit, asked_by);
  span.tracestate = state;
  auto const own = span.context;
  visit.exchange.watch(std::make_unique<HttpSpan>(desk, std::move(span), head.method == http::Method::Get));
  return {own, state};
}

}  // namespace gateway::frontend
