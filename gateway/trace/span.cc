#include "gateway/trace/span.h"

#include <fmt/format.h>

#include <iterator>

#include "gateway/base/json_text.h"
#include "gateway/base/result.h"

namespace gateway::trace {

namespace {

constexpr int kStatusError = 2;
/// The flag of W3C trace contexts; OTLP has the same in its lowest bits.
constexpr int kSampledFlag = 1;

void append_text_attribute(std::string& out, std::string_view key, std::string_view value) {
  out.append(R"({"key":)");
  append_json_string(out, key);
  out.append(R"(,"value":{"stringValue":)");
  append_json_string(out, value);
  out.append("}}");
}

void append_attribute(std::string& out, SpanAttribute const& attribute) {
  std::visit(Overload{
                 [&](std::string const& text) { append_text_attribute(out, attribute.key, text); },
                 [&](std::int64_t number) {
                   out.append(R"({"key":)");
                   append_json_string(out, attribute.key);
                   fmt::format_to(std::back_inserter(out), R"(,"value":{{"intValue":"{}"}}}})", number);
                 },
             },
             attribute.value);
}

template <typename Items, typename Append>
void append_list(std::string& out, Items const& items, Append append) {
  out.push_back('[');
  for (auto const& item : items) {
    if (out.back() != '[') out.push_back(',');
    append(item);
  }
  out.push_back(']');
}

void append_span(std::string& out, TraceSpan const& span) {
  fmt::format_to(std::back_inserter(out), R"({{"traceId":"{}","spanId":"{}")", hex(span.context.trace),
                 hex(span.context.span));
  if (span.parent != SpanId{}) fmt::format_to(std::back_inserter(out), R"(,"parentSpanId":"{}")", hex(span.parent));
  if (!span.tracestate.empty()) append_json_string(out.append(R"(,"traceState":)"), span.tracestate);
  append_json_string(out.append(R"(,"name":)"), span.name);
  fmt::format_to(std::back_inserter(out),
                 R"(,"kind":{},"flags":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}","attributes":)",
                 static_cast<int>(span.kind), kSampledFlag, span.started_ns, span.ended_ns);
  append_list(out, span.attributes, [&](SpanAttribute const& attribute) { append_attribute(out, attribute); });
  if (span.link) {
    fmt::format_to(std::back_inserter(out), R"(,"links":[{{"traceId":"{}","spanId":"{}"}}])", hex(span.link->trace),
                   hex(span.link->span));
  }
  if (span.failed) {
    fmt::format_to(std::back_inserter(out), R"(,"status":{{"code":{})", kStatusError);
    if (!span.failure.empty()) append_json_string(out.append(R"(,"message":)"), span.failure);
    out.push_back('}');
  }
  out.push_back('}');
}

}  // namespace

std::string otlp_json(Resource const& resource, std::span<TraceSpan const> spans) {
  std::string out = R"({"resourceSpans":[{"resource":{"attributes":)";
  append_list(out, resource, [&](auto const& entry) { append_text_attribute(out, entry.first, entry.second); });
  out.append(R"(},"scopeSpans":[{"scope":{"name":"mcp-gateway"},"spans":)");
  append_list(out, spans, [&](TraceSpan const& span) { append_span(out, span); });
  return out.append("}]}]}\n");
}

}  // namespace gateway::trace
