#include "gateway/trace/span.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gateway::trace {
namespace {

using Json = nlohmann::json;

TraceSpan a_span() {
  TraceSpan span;
  span.context = {{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736}, SpanId{0xb7}, true};
  span.kind = SpanKind::Server;
  span.name = "tools/call echo";
  span.started_ns = 1'700'000'000'000'000'001;
  span.ended_ns = 1'700'000'000'000'000'002;
  return span;
}

Json written(TraceSpan const& span) {
  return Json::parse(otlp_json({{"service.name", "mcp-gateway"}}, {&span, 1}))["resourceSpans"][0];
}

TEST(OtlpJson, IsWhatTheProtocolSays) {
  auto span = a_span();
  span.parent = SpanId{1};
  span.tracestate = "v=1";
  span.link = TraceContext{{1, 2}, SpanId{3}, false};
  span.failed = true;
  span.failure = "it ended";
  span.add("text", "a");
  span.add("number", std::int64_t{9'007'199'254'740'993});
  span.add("empty", "");
  EXPECT_EQ(Json::parse(R"({
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"mcp-gateway"}}]},
    "scopeSpans":[{"scope":{"name":"mcp-gateway"},"spans":[{
      "traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00000000000000b7","parentSpanId":"0000000000000001",
      "traceState":"v=1","name":"tools/call echo","kind":2,"flags":1,
      "startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"1700000000000000002",
      "attributes":[{"key":"text","value":{"stringValue":"a"}},{"key":"number","value":{"intValue":"9007199254740993"}}],
      "links":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000003"}],
      "status":{"code":2,"message":"it ended"}}]}]})"),
            written(span));
}

TEST(OtlpJson, LeavesOutWhatASpanHasNot) {
  auto const span = written(a_span())["scopeSpans"][0]["spans"][0];
  for (auto const* const absent : {"parentSpanId", "traceState", "links", "status"})
    EXPECT_FALSE(span.contains(absent)) << absent;
}

TEST(OtlpJson, HoldsAnyBytes) {
  auto span = a_span();
  span.name = std::string("a\"\\\n\xff\0b", 7);
  span.add("key", span.name);
  auto const json = written(span)["scopeSpans"][0]["spans"][0];
  EXPECT_EQ(json["name"], json["attributes"][0]["value"]["stringValue"]);
}

}  // namespace
}  // namespace gateway::trace
