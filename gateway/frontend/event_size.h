// Clients that fail on a large SSE event, and what they receive instead.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "gateway/config/config.h"
#include "gateway/http/request_head.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::frontend {

/// The largest SSE event that the client named in `head` accepts, or 0 for any.
[[nodiscard]] std::size_t max_event_bytes(config::LimitsConfig const& limits, http::RequestHead const& head);

/// The raw error to send instead of an answer over which the client would end its
/// whole session; nothing when the answer fits.
[[nodiscard]] std::optional<std::string> error_if_too_large(std::size_t max_event_bytes, rpc::Reply const& reply);

}  // namespace gateway::frontend
