#include "gateway/base/trace_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gateway {

namespace {

constexpr std::size_t kLength = 55;  // of version 00
constexpr std::size_t kLongestState = 512;

/// The number that lower-case hex digits spell; nothing when others are among them.
std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  for (auto const digit : digits) {
    auto const is_decimal = digit >= '0' && digit <= '9';
    if (!is_decimal && (digit < 'a' || digit > 'f')) return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(is_decimal ? digit - '0' : digit - 'a' + 10);
  }
  return value;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view text) {
  constexpr std::uint64_t kNoVersion = 0xff;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  auto const version = number(text.substr(0, 2));
  auto const high = number(text.substr(3, 16));
  auto const low = number(text.substr(19, 16));
  auto const span = number(text.substr(36, 16));
  auto const flags = number(text.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == kNoVersion) return std::nullopt;
  auto const ends = text.size() == kLength || (*version > 0 && text[kLength] == '-');
  if (!ends || (*high | *low) == 0 || *span == 0) return std::nullopt;
  return TraceContext{{*high, *low}, SpanId{*span}, (*flags & 1) != 0};
}

std::string traceparent(TraceContext const& context) {
  return fmt::format("00-{}-{}-{}", hex(context.trace), hex(context.span), context.sampled ? "01" : "00");
}

bool is_tracestate(std::string_view text) {
  return !text.empty() && text.size() <= kLongestState &&
         std::ranges::all_of(text, [](char c) { return (c >= ' ' && c <= '~' && c != '"' && c != '\\'); });
}

std::string hex(TraceId id) { return fmt::format("{:016x}{:016x}", id.high, id.low); }

std::string hex(SpanId id) { return fmt::format("{:016x}", static_cast<std::uint64_t>(id)); }

Parentage choose_parent(std::optional<TraceContext> const& in_message, std::optional<TraceContext> const& around_it) {
  if (in_message) return {in_message, around_it};
  return {around_it, std::nullopt};
}

std::uint64_t passing_by(double ratio, std::uint64_t random) {
  constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();
  if (ratio >= 1) return 0;
  if (ratio <= 0) return kAll;
  // The geometric distribution, by its inverse.
  auto const evenly = (static_cast<double>(random) + 0.5) / std::ldexp(1.0, 64);
  auto const count = std::log(evenly) / std::log1p(-ratio);
  return count < std::ldexp(1.0, 63) ? static_cast<std::uint64_t>(std::max(count, 0.0)) : kAll;
}

}  // namespace gateway
