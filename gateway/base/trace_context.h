// The W3C trace context: which trace a piece of work belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// 128 bits; all zero is none.
struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(TraceId const&) const = default;
};

/// One span of a trace; 0 is none.
enum class SpanId : std::uint64_t {};

/// What is propagated: the trace, the calling span, and whether it is recorded.
struct TraceContext {
  TraceId trace;
  SpanId span{};
  bool sampled = false;

  bool operator==(TraceContext const&) const = default;
};

/// Reads a traceparent strictly: "00-", 32 and 16 hex digits in lower case, neither
/// all zero, and two for the flags. A version above 00 may have more behind them.
/// (W3C Trace Context, 3.2.)
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view text);

[[nodiscard]] std::string traceparent(TraceContext const& context);

/// Whether a tracestate may travel on: 1..512 printable ASCII characters without
/// quotes and backslashes. Its members are not interpreted.
[[nodiscard]] bool is_tracestate(std::string_view text);

[[nodiscard]] std::string hex(TraceId id);
[[nodiscard]] std::string hex(SpanId id);

/// Where the span of an MCP request belongs.
struct Parentage {
  std::optional<TraceContext> parent;  ///< nothing: it begins a trace
  std::optional<TraceContext> link;    ///< what it came by, where that is not its parent
};

/// The context in a message identifies the caller; that of the HTTP request around it only
/// the transport. (MCP SEP-414.)
[[nodiscard]] Parentage choose_parent(std::optional<TraceContext> const& in_message,
                                      std::optional<TraceContext> const& around_it);

/// How many traces that begin here are skipped before the next one is recorded, at a sampling
/// ratio of `ratio` (0..1): needs a random number for each recorded trace only. `random` is any number of 0..2^64-1.
[[nodiscard]] std::uint64_t passing_by(double ratio, std::uint64_t random);

}  // namespace gateway
