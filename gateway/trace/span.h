// A completed span of a trace, and its OTLP encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/trace_context.h"

namespace gateway::trace {

/// The numbers are OTLP's.
enum class SpanKind : std::uint8_t { Internal = 1, Server = 2, Client = 3 };

struct SpanAttribute {
  std::string_view key;  ///< a constant
  std::variant<std::string, std::int64_t> value;
};

/// A completed span. A plain value.
struct TraceSpan {
  TraceContext context;
  SpanId parent{};  ///< 0: it is the root of its trace
  std::string tracestate{};
  SpanKind kind = SpanKind::Internal;
  std::string name{};
  std::int64_t started_ns = 0;  ///< since 1970
  std::int64_t ended_ns = 0;
  std::optional<TraceContext> link{};
  bool failed = false;
  std::string failure{};  ///< for people; may be empty
  std::vector<SpanAttribute> attributes{};

  /// Adds an attribute; an empty string is omitted.
  void add(std::string_view key, std::string_view value) {
    if (!value.empty()) room_for_one().push_back({key, std::string(value)});
  }
  void add(std::string_view key, std::int64_t value) { room_for_one().push_back({key, value}); }

 private:
  /// Allocated once, for as many as a span usually has.
  std::vector<SpanAttribute>& room_for_one() {
    constexpr std::size_t kUsual = 16;
    if (attributes.capacity() == 0) attributes.reserve(kUsual);
    return attributes;
  }
};

/// Attributes of the program that recorded the spans, such as service.name.
using Resource = std::vector<std::pair<std::string_view, std::string>>;

/// The body of a POST to /v1/traces. Pure. (OTLP 1.x, JSON encoding: ids in hex, 64-bit numbers as strings, enums as
/// numbers.)
[[nodiscard]] std::string otlp_json(Resource const& resource, std::span<TraceSpan const> spans);

}  // namespace gateway::trace
