// Clients that refuse a large SSE event, and what they are told instead.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "gateway/config/config.h"
#include "gateway/http/request_head.h"
#include "gateway/mcp/session.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::frontend {

/// The largest SSE event that the client named in `head` takes, or 0 for any.
[[nodiscard]] std::size_t max_event_bytes(config::LimitsConfig const& limits, http::RequestHead const& head);

/// The raw error to send in place of an answer that the session's client would
/// end its whole session over; nothing when the answer fits.
[[nodiscard]] std::optional<std::string> error_if_too_large(mcp::Session const& session, rpc::Reply const& reply);

}  // namespace gateway::frontend
