// The envelope of requests to a child that speaks the stateless revision, where the client did not write it.
#pragma once

#include <string>
#include <string_view>

#include "gateway/mcp/log_level.h"

namespace gateway::mcp {

/// What a session's `initialize` said of its client, as raw members of `_meta`: who it is, and what it can do without
/// what the stateless revision does not have. It goes with every request, so what is very long is left out.
[[nodiscard]] std::string session_envelope(std::string_view initialize_params);

/// The capabilities in such members, as a raw object.
[[nodiscard]] std::string capabilities_in(std::string_view envelope);

/// The same of the gateway itself, which can do nothing that a child could ask for.
[[nodiscard]] std::string gateway_envelope(std::string_view gateway_version);

/// One more member: the log messages of this level and above are wanted for this request. (MCP 2026-07-28, Logging.)
[[nodiscard]] std::string with_log_level(std::string_view envelope, LogLevel level);

}  // namespace gateway::mcp
