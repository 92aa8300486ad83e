// What the HTTP server's tags mean here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/base/ids.h"
#include "gateway/http/exchange.h"
#include "gateway/metrics/route.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::frontend {

[[nodiscard]] constexpr http::RouteTag tag_of(metrics::Route route) {
  return http::RouteTag{static_cast<std::uint8_t>(route)};
}

/// The service and the kind of a stream.
[[nodiscard]] constexpr http::StreamTag stream_tag(ServiceKey service, metrics::StreamKind kind) {
  return http::StreamTag{
      static_cast<std::uint32_t>(raw(service) * metrics::kStreamKinds + static_cast<std::size_t>(kind))};
}

[[nodiscard]] constexpr metrics::Route route_of(http::RouteTag tag) {
  return static_cast<metrics::Route>(static_cast<std::uint8_t>(tag));
}
/// The stream's service; a key that is not given out for a stream of none.
[[nodiscard]] constexpr ServiceKey service_of(http::StreamTag tag) {
  return ServiceKey{static_cast<std::uint32_t>(static_cast<std::size_t>(tag) / metrics::kStreamKinds)};
}
[[nodiscard]] constexpr metrics::StreamKind kind_of(http::StreamTag tag) {
  return static_cast<metrics::StreamKind>(static_cast<std::size_t>(tag) % metrics::kStreamKinds);
}

/// A stream of the status page, which belongs to no service.
inline constexpr http::StreamTag kAdminStream{0xFFFFFFFF};

}  // namespace gateway::frontend
