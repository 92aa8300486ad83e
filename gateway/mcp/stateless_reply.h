// How a request of a stateless client is answered by a child that has sessions.
#pragma once

#include <string_view>

#include "gateway/mcp/bridged_reply.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/handshake.h"

namespace gateway::mcp {

/// `reply` as the client of `call`, with these raw capabilities, expects it. `handshake` is null where the
/// child has not introduced itself.
[[nodiscard]] BridgedReply stateless_reply(Call const& call, Outcome outcome, rpc::Reply const& reply,
                                           Handshake const* handshake, std::string_view raw_capabilities);

}  // namespace gateway::mcp
