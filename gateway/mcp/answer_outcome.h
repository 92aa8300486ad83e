// How a call ended that its child has answered.
#pragma once

#include "gateway/mcp/call_table.h"
#include "gateway/mcp/ports.h"
#include "gateway/rpc/message.h"

namespace gateway::mcp {

/// `answer` is the one to `call`, of a child of that era.
[[nodiscard]] Outcome answer_outcome(Call const& call, rpc::Message const& answer, Era child);

}  // namespace gateway::mcp
