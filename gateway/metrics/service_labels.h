// The label values of a service's metrics that are known in advance.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/metrics/service_probe.h"

namespace gateway::metrics {

// Series that exist from the start, so that their first event shows as an increase. All others appear with their first
// event.
inline constexpr std::string_view kToolsCall = "tools/call";
inline constexpr std::string_view kOk = "ok";
inline constexpr std::string_view kCancelled = "cancelled";
inline constexpr std::string_view kToolError = "tool_error";
inline constexpr std::string_view kReady = "ready";
inline constexpr std::string_view kOtherCode = "other";
inline constexpr std::string_view kSse = "sse";
inline constexpr std::array<std::string_view, 4> kTransports{kSse, "http", "oneshot", "stateless"};
/// The HTTP statuses that calls are answered with.
inline constexpr std::string_view k200 = "200";
inline constexpr std::string_view k202 = "202";
inline constexpr std::string_view k400 = "400";
inline constexpr std::string_view k503 = "503";
inline constexpr std::string_view kNoStatus = "none";
/// Outcomes of calls, and the HTTP status of each if the answer is a single body.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kEnds{{{kOk, k200},
                                                                                     {kToolError, k200},
                                                                                     {"rpc_error", k200},
                                                                                     {"timeout", k200},
                                                                                     {"child_exited", k200},
                                                                                     {kCancelled, k200},
                                                                                     {"unavailable", k503},
                                                                                     {"busy", k503},
                                                                                     {"invalid", k400}}};
inline constexpr std::array<std::string_view, 8> kStates{"stopped",    "starting", kReady, "backoff",
                                                         "crash_loop", "stopping", "idle", "unavailable"};
inline constexpr std::array<std::string_view, 5> kSessionEnds{"client", "idle", "evicted", "drain", "slow"};
inline constexpr std::array<std::string_view, kStreamKinds> kStreams{"sse", "http_get", "http_post"};
inline constexpr std::array<std::string_view, 5> kStreamEnds{"client", "done", "drain", "slow", "write_timeout"};
inline constexpr std::array<std::string_view, 5> kRejections{"circuit_open", "client_share", "not_running",
                                                             "queue_full", "session_limit"};
/// Only where there is a policy or a quota.
inline constexpr std::array<std::string_view, 4> kRefusals{"forbidden", "in_flight_limit", "insufficient_scope",
                                                           "rate_limited"};
inline constexpr std::array<std::string_view, 3> kCircuitStates{"closed", "half_open", "open"};
inline constexpr std::array<std::string_view, 6> kRestarts{"exit",        "signal",         "hang",
                                                           "recycle_age", "recycle_memory", "admin"};
inline constexpr std::array<std::string_view, 6> kNonsense{"not_json", "bad_shape",  "bad_utf8",
                                                           "too_long", "unknown_id", "no_addressee"};
inline constexpr std::array<std::string_view, 4> kNotesIn{"notifications/cancelled", "notifications/progress",
                                                          "notifications/roots/list_changed", "_other"};
inline constexpr std::array<std::string_view, 7> kNotesOut{"notifications/progress",
                                                           "notifications/message",
                                                           "notifications/resources/updated",
                                                           "notifications/tools/list_changed",
                                                           "notifications/prompts/list_changed",
                                                           "notifications/resources/list_changed",
                                                           "_other"};
/// The codes defined by JSON-RPC and MCP; all others are specific to a server.
inline constexpr std::array<std::pair<int, std::string_view>, 8> kRpcCodes{{{-32700, "-32700"},
                                                                            {-32600, "-32600"},
                                                                            {-32601, "-32601"},
                                                                            {-32602, "-32602"},
                                                                            {-32603, "-32603"},
                                                                            {-32020, "-32020"},
                                                                            {-32021, "-32021"},
                                                                            {-32022, "-32022"}}};

[[nodiscard]] inline std::string_view label_of(int rpc_code) {
  auto const* const found =
      std::find_if(kRpcCodes.begin(), kRpcCodes.end(), [&](auto const& known) { return known.first == rpc_code; });
  return found != kRpcCodes.end() ? found->second : kOtherCode;
}

[[nodiscard]] inline std::string_view label_of_status(std::optional<int> status) {
  switch (status.value_or(0)) {
    case 200: return k200;
    case 202: return k202;
    case 400: return k400;
    case 503: return k503;
    default: return kNoStatus;
  }
}

[[nodiscard]] inline std::string_view label_of(Way way) { return way == Way::In ? "in" : "out"; }

}  // namespace gateway::metrics
