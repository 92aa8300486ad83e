// The span of one HTTP request.
#pragma once

#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/call_trace.h"

namespace gateway::frontend {

/// Reads what trace the request belongs to, decides whether it is recorded, and if
/// so has its exchange watched until it is over. Gives what its messages belong to;
/// the views in it are the request's. Only where traces are on.
[[nodiscard]] mcp::TraceAround trace_request(Desk& desk, Visit const& visit);

}  // namespace gateway::frontend
