// What is kept of a call that belongs to a trace.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/trace_context.h"

namespace gateway::mcp {

/// Of an HTTP request that is traced, or could be. Lives for the length of a call.
struct TraceAround {
  /// Its own span where it has one, else whom it was asked by; nothing when nobody
  /// records anything yet.
  std::optional<TraceContext> context;
  std::string_view tracestate;  ///< that came with it
};

/// The trace one call belongs to. Owned by the Call.
struct CallTrace {
  TraceContext own;  ///< the span of the request, or its parent where nobody records
  std::optional<TraceContext> parent;
  std::optional<TraceContext> link;
  SpanId at_child{};              ///< the span of the request to the child; 0 while there is none
  bool given_on = false;          ///< to the child, as far as it is
  bool named_in_message = false;  ///< the client's message says so itself
  std::string tracestate{};       ///< to give on with it; empty where the message holds its own
};

/// `_meta.traceparent` and `_meta.tracestate` of a request, escapes resolved.
struct MetaTrace {
  std::string traceparent;
  std::string tracestate;
};
[[nodiscard]] MetaTrace read_meta_trace(std::string_view meta);

/// The params with that context in their _meta, which is made where it is missing;
/// every other member stays byte for byte. An empty `tracestate` takes one away that
/// is there, since it would be another trace's. Params that are no object, or whose
/// _meta is none, stay as they are.
enum class OwnState { Keep, Replace };
[[nodiscard]] std::string with_trace(std::string_view params, std::string_view traceparent, OwnState own,
                                     std::string_view tracestate);

}  // namespace gateway::mcp
