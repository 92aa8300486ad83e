// The programs whose configuration is understood.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/config/json.h"

namespace gateway::imports {

enum class Kind {
  Claude,  ///< Desktop and Code, and all others that have `mcpServers`
  VsCode,
  Cursor,
  TbxarkMcpProxy,
  LiteLlm,
  AgentGateway,
};

/// What --from says; empty for a word that names none.
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name);

/// The kind that a file is of, by what stands at its top; empty for one that is of none.
[[nodiscard]] std::optional<Kind> kind_of(config::Json const& file);

/// `claude, vscode, ...`: the words of --from.
[[nodiscard]] std::string kind_names();

}  // namespace gateway::imports
