// How a request of a client with a session is answered by a child that speaks the stateless revision.
#pragma once

#include "gateway/mcp/bridged_reply.h"
#include "gateway/mcp/call_table.h"

namespace gateway::mcp {

/// `reply` as the client of `call` expects it. A result of a type that it does not know is an error.
[[nodiscard]] BridgedReply session_reply(Call const& call, Outcome outcome, rpc::Reply const& reply);

}  // namespace gateway::mcp
