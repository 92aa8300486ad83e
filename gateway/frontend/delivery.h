// From the messages of a POST to the service they are for.
#pragma once

#include <cstdint>
#include <span>

#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/client_message.h"

namespace gateway::frontend {

/// Hands messages that were read to the session's service, in their order. The one place
/// between reading a request and routing it, whatever transport it came by. `ticket`
/// identifies the POST that is owed the answers; 0 if they go elsewhere.
void deliver(Desk& desk, Visit const& visit, mcp::Session& session, std::span<mcp::ClientMessage const> messages,
             std::uint64_t ticket);

}  // namespace gateway::frontend
