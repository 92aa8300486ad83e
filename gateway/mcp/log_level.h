// The eight levels of MCP's logging, from RFC 5424.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gateway::mcp {

/// In the order of their severity, so that they compare.
enum class LogLevel : std::uint8_t { Debug, Info, Notice, Warning, Error, Critical, Alert, Emergency };

[[nodiscard]] std::string_view to_text(LogLevel level);
[[nodiscard]] std::optional<LogLevel> log_level_from(std::string_view text);

}  // namespace gateway::mcp
