// Where files of other programs keep their servers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/config/json.h"

namespace gateway::config {

/// Services by name, or a list of services that name themselves.
struct ServicesBlock {
  std::string path;      ///< of the block in the file
  Json const* services;  ///< in the file
  bool is_ours = false;  ///< called as we call it
};

/// The services under a key at the top of a file: `mcpServers`, `servers` of VS Code,
/// `mcp.servers` of its settings, `context_servers` of Zed, and others.
[[nodiscard]] std::optional<ServicesBlock> services_under(std::string_view key, Json const& value);

/// Whether the file is the services themselves, by name, without anything around them.
[[nodiscard]] bool is_bare_map(Json const& file);

/// Whether a value is what a server's entry looks like.
[[nodiscard]] bool looks_like_entry(Json const& value);

/// The path of services that stand further down, as those of a project in Claude Code's ~/.claude.json; empty when there
/// are none. `place` is that of `value`.
[[nodiscard]] std::string services_below(ConfigPlace const& place, Json const& value);

/// What a file is that has no services but something of their kind, with what to do; empty for others.
[[nodiscard]] std::string what_instead(Json const& file);

}  // namespace gateway::config
