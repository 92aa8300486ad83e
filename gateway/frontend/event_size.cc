#include "gateway/frontend/event_size.h"

#include <fmt/format.h>

#include "gateway/http/sse.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::frontend {

namespace {

/// What an event has beside its data: "event: message", an id, line ends.
constexpr std::size_t kFraming = 96;
/// No byte grows more than this when it is escaped.
constexpr std::size_t kLongestEscape = 6;

}  // namespace

std::size_t max_event_bytes(config::LimitsConfig const& limits, http::RequestHead const& head) {
  auto const agent = head.find("user-agent");
  if (!agent) return 0;
  for (auto const& [prefix, bytes] : limits.sse_event_limits) {
    if (agent->starts_with(prefix)) return bytes;
  }
  return 0;
}

std::optional<std::string> error_if_too_large(std::size_t limit, rpc::Reply const& reply) {
  auto const view = reply.pieces();
  if (limit == 0 || (view.bytes() + kFraming) * kLongestEscape <= limit) return std::nullopt;
  http::Pieces const data{view.begin(), static_cast<std::size_t>(view.end() - view.begin())};
  if (http::data_size({.data = data, .plain = view.plain()}) + kFraming <= limit) return std::nullopt;
  return rpc::error_object(
      rpc::ErrorCode::InternalError,
      fmt::format("the answer of {} bytes does not fit into the {} bytes this client takes in one event; "
                  "ask for less, or use the Streamable HTTP endpoint",
                  view.bytes(), limit),
      R"({"reason":"result_too_large_for_client","retryable":false})");
}

}  // namespace gateway::frontend
