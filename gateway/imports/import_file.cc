#include "gateway/imports/import_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/config/shape.h"
#include "gateway/config/values.h"
#include "gateway/imports/agentgateway.h"
#include "gateway/imports/servers.h"
#include "gateway/imports/yaml.h"

namespace gateway::imports {

namespace {

std::string keys_of(Json const& file) {
  std::string keys;
  for (auto const& [key, unused] : file.items()) keys += fmt::format("{}'{:.40}'", keys.empty() ? "" : ", ", key);
  return keys.empty() ? "no keys" : keys;
}

Outcome of_no_kind(Json const& file) {
  if (auto const why = config::what_instead(file); !why.empty() && !file.empty()) return refused("the file", why);
  return refused("the file",
                 fmt::format("expected mcpServers (Claude, Cursor and others), servers (VS Code), mcpProxy (TBXark's "
                             "mcp-proxy), mcp_servers (LiteLLM), or mcp.targets or binds (agentgateway) at its top, "
                             "found {}",
                             keys_of(file)));
}

/// Everything there is, so that only the form of the configuration is judged.
config::Environment anywhere() {
  return {.variable = [](std::string const&) { return std::string("x"); },
          .file = [](std::string const&) { return Result<std::string>(std::string("x")); },
          .exists = [](std::string const&) { return true; },
          .program = [](config::ServiceConfig const&, std::string const&) { return true; }};
}

/// The path in the file that was imported, for one in what became of it.
std::string origin_of(std::string const& path, Imported const& imported) {
  config::ConfigReport unused;
  for (auto const& [name, origin] : imported.origins) {
    auto const ours = config::ConfigPlace{unused, "mcpServers"}.member(name).path();
    auto const rest = path.starts_with(ours) ? path.substr(ours.size()) : "-";
    if (rest.empty() || rest.front() == '.' || rest.front() == '[') return origin + rest;
  }
  return path;
}

/// The port of our admin listener may be the one that clients of the other program know.
void keep_listeners_apart(Imported& imported) {
  auto const& config = imported.config;
  if (!config.contains("gateway") || !config["gateway"].contains("listen")) return;
  auto const listen = config::parse_listen_address(config["gateway"]["listen"].get<std::string>());
  auto const usual = config::GatewayConfig{}.admin_listen;
  if (!listen || !usual || listen->port != usual->port) return;
  auto const other = fmt::format("127.0.0.1:{}", usual->port + 1);
  imported.config["gateway"]["admin_listen"] = other;
  imported.remarks.push_back(
      {"gateway.admin_listen", fmt::format("The status page is at {}, as clients use port {}", other, listen->port)});
}

}  // namespace

/// What was taken over as it stood may be wrong, and then it was wrong there.
Outcome judged(Imported imported) {
  if (imported.config["mcpServers"].empty()) {
    auto why = refused("the file", "none of its servers can be a service of mcp-gateway");
    for (auto const& remark : imported.remarks)
      std::get<config::ConfigErrors>(why).notes.push_back({remark.path, remark.what});
    return why;
  }
  keep_listeners_apart(imported);
  auto const text = imported.config.dump(-1, ' ', false, Json::error_handler_t::replace);
  auto read = config::read_config(text, anywhere());
  auto* const wrong = std::get_if<config::ConfigErrors>(&read);
  if (wrong == nullptr) return imported;
  for (auto& error : wrong->errors) error.path = origin_of(error.path, imported);
  wrong->notes.clear();
  return std::move(*wrong);
}

Outcome import_file(Source const& source) {
  config::ConfigReport report;
  auto const tree =
      looks_like_yaml(source.text) ? parse_yaml(source.text, report) : config::parse_config_json(source.text, report);
  if (!tree || !report.errors.empty()) return config::ConfigErrors{std::move(report.errors), {}};
  if (tree->contains("gateway"))
    return refused("gateway", "this is a configuration of mcp-gateway, which run takes as it is");
  auto const kind = source.kind ? source.kind : kind_of(*tree);
  if (!kind) return of_no_kind(*tree);
  auto outcome =
      *kind == Kind::AgentGateway ? import_agentgateway(*tree) : import_servers(*kind, *tree, source.workspace);
  if (auto* const imported = std::get_if<Imported>(&outcome)) return judged(std::move(*imported));
  return outcome;
}

}  // namespace gateway::imports
