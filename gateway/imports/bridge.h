// What the command line of a bridge asks for: supergateway, or mcp-proxy in Python.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/imports/imported.h"
#include "gateway/imports/split_words.h"

namespace gateway::imports {

enum class Bridge { Supergateway, McpProxy };

/// What --from and --compat say; empty for a word that names none.
[[nodiscard]] std::optional<Bridge> bridge_named(std::string_view name);

/// Where the flags of a bridge begin in a line that may start it by npx, uvx, docker or a path.
struct FoundBridge {
  Bridge bridge;
  std::size_t flags;
};
[[nodiscard]] std::optional<FoundBridge> find_bridge(std::span<std::string const> words);

/// What was asked for, in our words as far as there are any.
struct BridgeLine {
  Bridge bridge = Bridge::Supergateway;
  Json server{};                    ///< the one behind --stdio or the flags; null is none
  Json named = Json::object();      ///< servers by name
  std::string named_file{};         ///< a file of more such servers
  Json gateway = Json::object();    ///< settings, but for where it listens
  std::string host{};               ///< empty: it is not said
  std::optional<int> port{};        ///< where it is not said, supergateway's own
  bool passes_environment = false;  ///< to the servers, all of it
  bool asks_version = false;
  Remarks remarks{};                     ///< of flags
  std::vector<std::string> variables{};  ///< that the servers refer to
};

/// The error is what cannot be done at all, such as a remote server.
[[nodiscard]] Result<BridgeLine> read_supergateway(std::span<std::string const> flags);
[[nodiscard]] Result<BridgeLine> read_mcp_proxy(std::span<std::string const> flags);
[[nodiscard]] Result<BridgeLine> read_bridge(Bridge bridge, std::span<std::string const> flags);

/// A server's entry from its command line, which stood behind a flag.
[[nodiscard]] Json entry_of_line(std::string const& flag, std::string const& text, Quoting quoting, BridgeLine& line);

/// `8000`; the error names the flag.
[[nodiscard]] Result<int> port_of(std::string_view flag, std::string_view text);

/// `*` and the like are none of ours, and remarked upon.
void allow_origin(std::string const& flag, std::string const& origin, BridgeLine& line);

}  // namespace gateway::imports
