#include "gateway/config/shape.h"

#include <algorithm>
#include <array>

namespace gateway::config {

namespace {

/// Ours, then those of LiteLLM and Codex, Zed, and VS Code's settings.
constexpr std::array<std::string_view, 5> kNames{"mcpServers", "servers", "mcp_servers", "context_servers",
                                                 "mcp.servers"};
constexpr std::size_t kOurs = 2;

bool has_text(Json const& value, std::string_view key) {
  auto const found = value.find(key);
  return found != value.end() && found->is_string();
}

bool is_map_of_entries(Json const& value) {
  auto any = false;
  if (!value.is_object()) return false;
  for (auto const& [key, entry] : value.items()) {
    if (is_remark(key) || key == "$schema") continue;
    if (!looks_like_entry(entry)) return false;
    any = true;
  }
  return any;
}

}  // namespace

bool looks_like_entry(Json const& value) {
  if (!value.is_object()) return false;
  auto const command = value.find("command");
  if (command != value.end() && (command->is_string() || command->is_structured())) return true;
  return has_text(value, "url") || has_text(value, "serverUrl") || has_text(value, "httpUrl") || has_text(value, "cmd");
}

std::optional<ServicesBlock> services_under(std::string_view key, Json const& value) {
  auto const known = std::ranges::find(kNames, key);
  auto const path = key.find('.') == key.npos ? std::string(key) : "[\"" + std::string(key) + "\"]";
  auto const is_ours = known - kNames.begin() < static_cast<std::ptrdiff_t>(kOurs);
  // Extensions put their name before it: amp.mcpServers.
  if (known != kNames.end() || key.ends_with(".mcpServers")) return ServicesBlock{path, &value, is_ours};
  if (key != "mcp" || !value.is_object()) return std::nullopt;
  if (auto const servers = value.find("servers"); servers != value.end())
    return ServicesBlock{"mcp.servers", &*servers};
  if (is_map_of_entries(value)) return ServicesBlock{"mcp", &value};
  return std::nullopt;
}

std::string services_below(ConfigPlace const& place, Json const& value) {
  if (!value.is_object()) return {};
  for (auto const& [key, member] : value.items()) {
    auto const block = services_under(key, member);
    if (block && is_map_of_entries(*block->services)) {
      auto const below = place.member(key);
      return block->services == &member ? below.path() : below.member("servers").path();
    }
    if (auto path = services_below(place.member(key), member); !path.empty()) return path;
  }
  return {};
}

bool is_bare_map(Json const& file) { return is_map_of_entries(file); }

std::string what_instead(Json const& file) {
  constexpr auto kShape = R"(expected {"mcpServers": {"NAME": {...}}})";
  for (auto const& [key, value] : file.items()) {
    if (key == "include" || services_under(key, value)) return {};
  }
  if (looks_like_entry(file)) return std::string("this is one server without its name; ") + kShape;
  if (file.contains("manifest_version") || file.contains("dxt_version")) {
    return std::string("this is the manifest of a desktop extension; ") + kShape +
           ", with what its server.mcp_config says";
  }
  auto const of_registry = file.contains("packages") || file.contains("remotes");
  if (of_registry && has_text(file, "name")) {
    return std::string("this describes a server for the MCP registry; ") + kShape +
           ", with the command that runs its package";
  }
  return {};
}

}  // namespace gateway::config
