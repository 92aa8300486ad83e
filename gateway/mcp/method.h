// The methods and notifications the gateway knows by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gateway::mcp {

enum class Method : std::uint8_t {
  // client to server, requests
  ToolsCall,
  Initialize,
  ToolsList,
  Ping,
  PromptsList,
  PromptsGet,
  ResourcesList,
  ResourceTemplatesList,
  ResourcesRead,
  ResourcesSubscribe,
  ResourcesUnsubscribe,
  CompletionComplete,
  LoggingSetLevel,
  ServerDiscover,
  SubscriptionsListen,
  TasksGet,
  TasksResult,
  TasksList,
  TasksCancel,
  // client to server, notifications
  Initialized,
  RootsListChanged,
  // both ways
  Cancelled,
  Progress,
  TasksStatus,
  // server to client, requests
  RootsList,
  SamplingCreateMessage,
  ElicitationCreate,
  // server to client, notifications
  LogMessage,
  ResourceUpdated,
  ToolsListChanged,
  PromptsListChanged,
  ResourcesListChanged,
  ElicitationComplete,
  SubscriptionsAcknowledged,
  // everything else
  Other,
};

[[nodiscard]] Method method_from(std::string_view name);

/// The method's name, or "_other": a closed set, fit for a metric's label.
[[nodiscard]] std::string_view label(Method method);

/// Whether it is a request that clients make: those stand first above.
[[nodiscard]] constexpr bool is_client_request(Method method) { return method <= Method::TasksCancel; }

inline constexpr std::size_t kMethodCount = static_cast<std::size_t>(Method::Other) + 1;

}  // namespace gateway::mcp
