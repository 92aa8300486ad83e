#include "gateway/imports/kind.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/config/shape.h"

namespace gateway::imports {

namespace {

using config::Json;

constexpr std::array<std::pair<std::string_view, Kind>, 6> kKinds{{
    {"claude", Kind::Claude},
    {"vscode", Kind::VsCode},
    {"cursor", Kind::Cursor},
    {"tbxark", Kind::TbxarkMcpProxy},
    {"litellm", Kind::LiteLlm},
    {"agentgateway", Kind::AgentGateway},
}};

bool holds_targets(Json const& file) {
  auto const mcp = file.find("mcp");
  return file.contains("binds") || (mcp != file.end() && mcp->is_object() && mcp->contains("targets"));
}

}  // namespace

std::optional<Kind> kind_named(std::string_view name) {
  auto const found = std::ranges::find(kKinds, name, [](auto const& each) { return each.first; });
  return found == kKinds.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Kind> kind_of(Json const& file) {
  if (file.contains("mcpProxy")) return Kind::TbxarkMcpProxy;
  if (holds_targets(file)) return Kind::AgentGateway;
  if (file.contains("mcp_servers")) return Kind::LiteLlm;
  if (file.contains("servers") || file.contains("mcp.servers") || file.contains("inputs")) return Kind::VsCode;
  for (auto const& [key, value] : file.items()) {
    if (config::services_under(key, value)) return key == "mcp" ? Kind::VsCode : Kind::Claude;
  }
  return config::is_bare_map(file) ? std::optional(Kind::Claude) : std::nullopt;
}

std::string kind_names() {
  std::string names;
  for (auto const& [name, unused] : kKinds) names += std::string(names.empty() ? "" : ", ") + std::string(name);
  return names;
}

}  // namespace gateway::imports
