// What the HTTP server's tags mean here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/http/exchange.h"
#include "gateway/ops/service_probe.h"

namespace gateway::ops {

/// What an HTTP request was for: its label in the count of answers.
enum class Route : std::uint8_t { Other, Sse, Messages, Mcp, Health, Admin };
inline constexpr std::size_t kRoutes = 6;

[[nodiscard]] constexpr http::RouteTag tag_of(Route route) { return http::RouteTag{static_cast<std::uint8_t>(route)}; }

/// Which service's a stream is, and what for.
[[nodiscard]] constexpr http::StreamTag stream_tag(std::size_t service, StreamKind kind) {
  return http::StreamTag{static_cast<std::uint32_t>(service * kStreamKinds + static_cast<std::size_t>(kind))};
}

/// A stream of the status page, which is no service's.
inline constexpr http::StreamTag kAdminStream{0xFFFFFFFF};

}  // namespace gateway::ops
