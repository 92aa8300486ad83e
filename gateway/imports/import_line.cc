#include "gateway/imports/import_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "gateway/config/config.h"
#include "gateway/imports/import_file.h"

namespace gateway::imports {

namespace {

constexpr std::string_view kServer = "server";

void note_host(BridgeLine& line) {
  auto const is_local = line.host.starts_with("127.") || line.host == "localhost" || line.host == "::1";
  auto const is_open = line.host.empty() ? line.bridge == Bridge::Supergateway : !is_local;
  if (!is_open) return;
  line.remarks.push_back({line.host.empty() ? "--port" : "--host",
                          "On this machine only: without tokens (gateway.auth.tokens) mcp-gateway does not listen "
                          "beyond it"});
}

/// One server has a listener of its own, where it is at the root as before. The gateway's stays what it is.
void serve_at_root(BridgeLine& line, Json& config) {
  auto services = services_of(line);
  auto& server = services.front();
  if (line.port && *line.port != 0) {
    server["listen"] = fmt::format("127.0.0.1:{}", *line.port);
    if (*line.port == 8080) config["gateway"]["listen"] = "127.0.0.1:8081";
    if (*line.port == 9090) config["gateway"]["admin_listen"] = "127.0.0.1:9091";
  } else {
    line.remarks.push_back({"--port", fmt::format("Served at 127.0.0.1:8080/{}/mcp, as no port is said", kServer)});
  }
  config["mcpServers"] = std::move(services);
}

void serve_by_name(BridgeLine& line, Json& config) {
  auto& gateway = config["gateway"];
  if (line.port && *line.port != 0) {
    gateway["listen"] = fmt::format("127.0.0.1:{}", *line.port);
    if (*line.port == 9090) gateway["admin_listen"] = "127.0.0.1:9091";
  }
  // /servers/NAME/sse is served by this, and /NAME/sse as well.
  gateway["base_path"] = kNamedPath;
  config["mcpServers"] = services_of(line);
}

}  // namespace

Json services_of(BridgeLine& line) {
  if (line.named.empty()) return {{std::string(kServer), line.server}};
  auto services = line.named;
  if (line.server.is_null()) return services;
  auto const name = services.contains("default") ? std::string("default-server") : std::string("default");
  services[name] = line.server;
  line.remarks.push_back({"the command", fmt::format("Served at /{}/sse and /{}/mcp, not at the root", name, name)});
  return services;
}

std::optional<config::ConfigErrors> add_named_file(BridgeLine& line, ReadText const& read) {
  if (line.named_file.empty()) return std::nullopt;
  auto const in_file = [&](std::string const& path) { return fmt::format("{}: {}", line.named_file, path); };
  auto const text = read(line.named_file);
  if (!text) return config::ConfigErrors{.errors = {{"--named-server-config", text.error().what}}};
  auto outcome = import_file({.text = *text, .kind = Kind::Claude});
  if (auto* const wrong = std::get_if<config::ConfigErrors>(&outcome)) {
    for (auto& error : wrong->errors) error.path = in_file(error.path);
    return std::move(*wrong);
  }
  auto& imported = std::get<Imported>(outcome);
  for (auto& remark : imported.remarks) line.remarks.push_back({in_file(remark.path), std::move(remark.what)});
  std::ranges::move(imported.variables, std::back_inserter(line.variables));
  line.named = std::move(imported.config["mcpServers"]);
  return std::nullopt;
}

Outcome import_line(std::span<std::string const> words, std::optional<Bridge> bridge, ReadText const& read) {
  auto const found = find_bridge(words);
  if (!found)
    return refused("the command line", fmt::format("expected one that starts supergateway or mcp-proxy, found '{:.60}'",
                                                   words.empty() ? "" : words.front()));
  auto line = read_bridge(bridge.value_or(found->bridge), words.subspan(found->flags));
  if (!line) return refused("the command line", line.error().what);
  if (line->asks_version) return refused("the command line", "it only asks for a version or help, and serves nothing");
  if (auto wrong = add_named_file(*line, read)) return std::move(*wrong);
  note_host(*line);
  if (line->passes_environment)
    line->remarks.push_back({"--pass-environment", "Not taken: name in pass_env which variables the servers need"});
  Imported imported{.config = {{"gateway", line->gateway}}};
  if (line->named.empty()) {
    serve_at_root(*line, imported.config);
  } else {
    serve_by_name(*line, imported.config);
  }
  if (imported.config["gateway"].empty()) imported.config.erase("gateway");
  imported.remarks = std::move(line->remarks);
  imported.variables = std::move(line->variables);
  std::ranges::sort(imported.variables);
  auto& variables = imported.variables;
  variables.erase(std::unique(variables.begin(), variables.end()), variables.end());
  return judged(std::move(imported));
}

}  // namespace gateway::imports
