// subscriptions/listen: how a client of the stateless revision is told of changes.
#pragma once

#include <cstddef>
#include <limits>
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
  bool operator==(ListenFilter const&) const = default;
  /// Whether it includes a change of that list.
  [[nodiscard]] bool includes(Method list_changed) const;
};

/// Of one request; what is above is not honoured. Each resource is a subscription at the child.
inline constexpr std::size_t kMostListenedResources = 256;
inline constexpr std::size_t kLongestListenedUri = 4096;  ///< raw

inline constexpr auto kAnyNumber = std::numeric_limits<std::size_t>::max();

/// Reads the params of subscriptions/listen, or of its acknowledgement. Nothing where they do not say what to listen
/// to.
[[nodiscard]] std::optional<ListenFilter> read_listen_filter(std::string_view raw_params,
                                                             std::size_t most_resources = kMostListenedResources);

/// The params of a subscriptions/listen of the gateway's own. `envelope` are members of `_meta`.
[[nodiscard]] std::string listen_params(ListenFilter const& wanted, std::string_view envelope);

/// The raw id of the subscriptions/listen that a notification with these params belongs to; empty where it names none.
[[nodiscard]] std::string_view subscription_id(std::string_view raw_params);

/// The params of a notification without that id, for a client that did not listen itself.
[[nodiscard]] std::string without_subscription_id(std::string_view raw_params);

/// The message that begins the stream. `raw_id` is the request's id: it names the subscription in every message.
[[nodiscard]] std::string listen_acknowledgement(std::string_view raw_id, ListenFilter const& honoured);

/// A notification for the listener whose request has that id.
[[nodiscard]] std::string listened_notification(std::string_view raw_id, Method method, std::string_view raw_params);

/// The raw result that ends the stream.
[[nodiscard]] std::string listen_result(std::string_view raw_id);

}  // namespace gateway::mcp
