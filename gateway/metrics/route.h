// What HTTP requests are for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gateway::metrics {

/// The `route` label of answers.
enum class Route : std::uint8_t { Other, Sse, Messages, Mcp, Health, Admin };
inline constexpr std::size_t kRoutes = 6;

}  // namespace gateway::metrics
