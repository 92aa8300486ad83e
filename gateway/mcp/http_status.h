// How the end of a request is said in HTTP: the only place that knows.
#pragma once

#include "gateway/mcp/ports.h"
#include "gateway/mcp/version.h"

namespace gateway::mcp {

/// Of an answer that is one JSON body. What the child answered, and that it did not,
/// goes out as 200: the body says it. What could not be asked of it is 503, so that
/// clients and proxies know to come back. 403 asks for a token with more scopes (MCP
/// 2025-11-25, Authorization, Runtime Insufficient Scope Errors); where none would help,
/// the body says so. The stateless revision also has a status for an
/// unknown method. (MCP 2026-07-28, Streamable HTTP, Sending Messages to the Server.)
[[nodiscard]] constexpr int http_status(Outcome outcome, Era era) {
  switch (outcome) {
    case Outcome::Ok:
    case Outcome::ToolError:
    case Outcome::RpcError:
    case Outcome::Timeout:
    case Outcome::ChildExited:
    case Outcome::Cancelled:
    case Outcome::Forbidden: return 200;
    case Outcome::MethodNotFound: return era == Era::Stateless ? 404 : 200;
    case Outcome::Unavailable:
    case Outcome::Busy: return 503;
    case Outcome::Invalid: return 400;
    case Outcome::MissingScope: return 403;
    case Outcome::Limited: return 429;
  }
  return 500;
}

/// Of an answer on an event stream, which has begun before it is known how it ends.
inline constexpr int kStreamStatus = 200;
/// Of the POST that brought a message of legacy SSE.
inline constexpr int kAcceptedStatus = 202;

}  // namespace gateway::mcp
