// subscriptions/listen: how a client of the stateless revision is told of changes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/method.h"

namespace gateway::mcp {

/// What a client wants to be told of. (MCP 2026-07-28, Subscriptions.)
struct ListenFilter {
  bool tools = false;      ///< notifications/tools/list_changed
  bool prompts = false;    ///< notifications/prompts/list_changed
  bool resources = false;  ///< notifications/resources/list_changed
  /// Raw strings, each once: notifications/resources/updated of these.
  std::vector<std::string> uris;

  [[nodiscard]] bool empty() const { return !tools && !prompts && !resources && uris.empty(); }
  /// Whether it includes a change of that list.
  [[nodiscard]] bool includes(Method list_changed) const;
};

/// Of one request; what is above is not honoured. Each resource is a subscription at the child.
inline constexpr std::size_t kMostListenedResources = 256;

/// Reads the params of subscriptions/listen. Nothing where they do not say what to listen to.
[[nodiscard]] std::optional<ListenFilter> read_listen_filter(std::string_view raw_params);

/// The message that begins the stream. `raw_id` is the request's id: it names the subscription in every message.
[[nodiscard]] std::string listen_acknowledgement(std::string_view raw_id, ListenFilter const& honoured);

/// A notification for the listener whose request has that id.
[[nodiscard]] std::string listened_notification(std::string_view raw_id, Method method, std::string_view raw_params);

/// The raw result that ends the stream.
[[nodiscard]] std::string listen_result(std::string_view raw_id);

}  // namespace gateway::mcp
