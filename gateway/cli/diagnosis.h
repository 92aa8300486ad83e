// What `mcp-gateway doctor` concludes from what it measured. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/check_connect.h"

namespace gateway::cli {

/// A tool as clients give it to their models.
struct ToolSize {
  std::string name;
  std::size_t bytes = 0;
};

/// About so many tokens a text of JSON takes: a token of English and JSON is about four bytes.
[[nodiscard]] constexpr std::size_t tokens_in(std::size_t bytes) { return bytes / 4; }

/// A tenth of a context of 128,000 tokens: what tools may take of it.
inline constexpr std::size_t kToolTokens = 12'800;
/// Tools of one server from which on models choose badly.
inline constexpr std::size_t kManyTools = 15;

/// The largest first.
[[nodiscard]] std::vector<ToolSize> sizes_of(std::string_view raw_tools);

/// `command` is what starts the server. Each is a sentence that says what to do.
[[nodiscard]] std::vector<std::string> advice_for(ListedTools const& server, std::string_view command);

/// The same, of all servers together.
[[nodiscard]] std::vector<std::string> advice_for_all(std::vector<ListedTools> const& servers);

}  // namespace gateway::cli
