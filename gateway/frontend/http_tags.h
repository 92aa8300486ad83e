// What the HTTP server's tags mean here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/http/exchange.h"
#include "gateway/metrics/route.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::frontend {

[[nodiscard]] constexpr http::RouteTag tag_of(metrics::Route route) {
  return http::RouteTag{static_cast<std::uint8_t>(route)};
}

/// Which service's a stream is, and what for.
[[nodiscard]] constexpr http::StreamTag stream_tag(std::size_t service, metrics::StreamKind kind) {
  return http::StreamTag{static_cast<std::uint32_t>(service * metrics::kStreamKinds + static_cast<std::size_t>(kind))};
}

[[nodiscard]] constexpr metrics::Route route_of(http::RouteTag tag) {
  return static_cast<metrics::Route>(static_cast<std::uint8_t>(tag));
}
/// The index of the stream's service; past all of them for a stream of none.
[[nodiscard]] constexpr std::size_t service_of(http::StreamTag tag) {
  return static_cast<std::size_t>(tag) / metrics::kStreamKinds;
}
[[nodiscard]] constexpr metrics::StreamKind kind_of(http::StreamTag tag) {
  return static_cast<metrics::StreamKind>(static_cast<std::size_t>(tag) % metrics::kStreamKinds);
}

/// A stream of the status page, which is no service's.
inline constexpr http::StreamTag kAdminStream{0xFFFFFFFF};

}  // namespace gateway::frontend
