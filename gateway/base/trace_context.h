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

/// What travels: the trace, the span that asks, and whether somebody records it.
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
/// quotes and backslashes. What its members mean is others' business.
[[nodiscard]] bool is_tracestate(std::string_view text);

[[nodiscard]] std::string hex(TraceId id);
[[nodiscard]] std::string hex(SpanId id);

/// Where the span of an MCP request belongs.
struct Parentage {
  std::optional<TraceContext> parent;  ///< nothing: it begins a trace
  std::optional<TraceContext> link;    ///< what it came by, where that is not its parent
};

/// The context in a message says who asked; that of the HTTP request around it only
/// how the message came. (MCP SEP-414.)
[[nodiscard]] Parentage choose_parent(std::optional<TraceContext> const& in_message,
                                      std::optional<TraceContext> const& around_it);

/// How many traces that begin here pass by before the next that is recorded, when of
/// all of them `ratio` (0..1) is: one random number for each that is recorded, and
/// none for those that pass by. `random` is any number of 0..2^64-1.
[[nodiscard]] std::uint64_t passing_by(double ratio, std::uint64_t random);

}  // namespace gateway
