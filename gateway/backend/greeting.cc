#include "gateway/backend/greeting.h"

#include <fmt/format.h>

#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

void Greeting::ended(mcp::Call const&, mcp::Outcome outcome, rpc::Reply const& reply) {
  switch (outcome) {
    case mcp::Outcome::Ok:
    case mcp::Outcome::ToolError: break;
    case mcp::Outcome::RpcError:
    case mcp::Outcome::MethodNotFound:
      return owner_.on_greeting_failed(
          fmt::format("it refused initialize: {}", rpc::unquote(rpc::find_member(reply.body, "message"))));
    case mcp::Outcome::Busy: return owner_.on_greeting_failed("it closed its stdin");
    case mcp::Outcome::Timeout:
    case mcp::Outcome::ChildExited:
    case mcp::Outcome::Unavailable:
    case mcp::Outcome::Cancelled:
    case mcp::Outcome::Invalid: return;  // its run has ended, or is being ended
  }
  auto handshake = mcp::Handshake::from(reply.body, sharing_);
  if (!handshake) {
    return owner_.on_greeting_failed("its answer to initialize has no protocolVersion or capabilities");
  }
  owner_.on_greeted(*std::move(handshake));
}

}  // namespace gateway::backend
