// How a group tells its own requests from those of clients, and the questions of its members from each other.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/json_text.h"
#include "gateway/mcp/method.h"
#include "gateway/rpc/message.h"

namespace gateway::groups {

/// The transports count their tickets from 1.
inline constexpr std::uint64_t kErrandBit = std::uint64_t{1} << 63U;
[[nodiscard]] constexpr bool is_errand(std::uint64_t ticket) { return (ticket & kErrandBit) != 0; }

/// The raw id of such a request.
[[nodiscard]] inline std::string errand_id(std::uint64_t ticket) {
  return fmt::format("\"mcp-gateway:{}\"", ticket & ~kErrandBit);
}

/// Lists whose changes clients are told.
inline constexpr std::array kChangingLists{mcp::Method::ToolsList, mcp::Method::PromptsList,
                                           mcp::Method::ResourcesList};

/// Whether all members answer it together. Of others, one after the other is asked until one can answer.
[[nodiscard]] constexpr bool is_gathered(mcp::Method method) {
  using mcp::Method;
  return method == Method::Initialize || method == Method::ServerDiscover || method == Method::ToolsList ||
         method == Method::PromptsList || method == Method::ResourcesList || method == Method::ResourceTemplatesList ||
         method == Method::LoggingSetLevel;
}

/// A request with a placeholder for its id.
[[nodiscard]] inline std::string message_text(std::string_view method, std::string_view raw_params) {
  auto const name = json_string(method);  // a client may call it anything
  return raw_params.empty() ? fmt::format(R"({{"jsonrpc":"2.0","id":0,"method":{}}})", name)
                            : fmt::format(R"({{"jsonrpc":"2.0","id":0,"method":{},"params":{}}})", name, raw_params);
}

/// The message with another id for what stands at `raw_id` in it.
[[nodiscard]] inline std::string with_id(std::string const& text, std::string_view raw_id, std::uint64_t id) {
  auto const at = static_cast<std::size_t>(raw_id.data() - text.data());
  return text.substr(0, at) + std::to_string(id) + text.substr(at + raw_id.size());
}

}  // namespace gateway::groups
