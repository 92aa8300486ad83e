// What a session's owner brings for its own child.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/config/config.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/own_variables.h"
#include "gateway/mcp/ports.h"

namespace gateway::frontend {

/// The values of a service's `owner_env` for whoever makes this request, or why there is one missing.
[[nodiscard]] std::variant<mcp::OwnVariables, mcp::Refusal> owner_variables(config::ServiceConfig const& service,
                                                                            Visit const& visit);

/// A principal's name as part of a path: unusual characters as %XX, so that it is one segment and no other principal's.
[[nodiscard]] std::string as_path_segment(std::string_view principal);

}  // namespace gateway::frontend
