#include "gateway/mcp/method.h"

#include <algorithm>
#include <array>

namespace gateway::mcp {

namespace {

/// In the order of the enum; the most frequent first, for the search.
constexpr std::array<std::string_view, kMethodCount> kNames{
    "tools/call",
    "initialize",
    "tools/list",
    "ping",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "completion/complete",
    "logging/setLevel",
    "server/discover",
    "subscriptions/listen",
    "tasks/get",
    "tasks/result",
    "tasks/list",
    "tasks/cancel",
    "notifications/initialized",
    "notifications/roots/list_changed",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/tasks/status",
    "roots/list",
    "sampling/createMessage",
    "elicitation/create",
    "notifications/message",
    "notifications/resources/updated",
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
    "notifications/resources/list_changed",
    "notifications/elicitation/complete",
    "notifications/subscriptions/acknowledged",
    "_other",
};

}  // namespace

Method method_from(std::string_view name) {
  auto const found = std::find(kNames.begin(), kNames.end() - 1, name);
  return static_cast<Method>(found - kNames.begin());
}

std::string_view label(Method method) { return kNames[static_cast<std::size_t>(method)]; }

}  // namespace gateway::mcp
