#include "gateway/imports/servers.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "gateway/config/shape.h"
#include "gateway/imports/entry.h"
#include "gateway/imports/references.h"
#include "gateway/imports/tbxark.h"

namespace gateway::imports {

namespace {

/// `inputs` of VS Code: at the top of a file of its own, or under `mcp` among its settings.
struct InputsBlock {
  std::string path;
  Json inputs = Json::array();
};

InputsBlock inputs_block(Json const& file) {
  auto const is_list = [](Json const& object) { return object.contains("inputs") && object["inputs"].is_array(); };
  if (is_list(file)) return {"inputs", file["inputs"]};
  auto const mcp = file.find("mcp");
  if (mcp != file.end() && mcp->is_object() && is_list(*mcp)) return {"mcp.inputs", (*mcp)["inputs"]};
  return {};
}

std::vector<AskedInput> asked_inputs(Json const& inputs) {
  std::vector<AskedInput> asked;
  for (auto const& each : inputs) {
    if (!each.is_object() || !each.value("id", Json{}).is_string()) continue;
    AskedInput input{.id = each["id"]};
    // What is typed unseen has no default that belongs into a file.
    auto const otherwise = each.value("default", Json{});
    if (otherwise.is_string() && each.value("password", Json{}) != true) input.otherwise = otherwise;
    asked.push_back(std::move(input));
  }
  return asked;
}

class ServersFile {
 public:
  ServersFile(Kind kind, Json file, std::string const& workspace)
      : file_(std::move(file)),
        inputs_(inputs_block(file_)),
        references_(kind, asked_inputs(inputs_.inputs), workspace) {}

  Outcome read() {
    if (auto const proxy = file_.find("mcpProxy"); proxy != file_.end()) take_proxy(*proxy);
    if (config::is_bare_map(file_)) {
      take_map("", file_);
    } else {
      for (auto const& [key, value] : file_.items()) take_key(key, value);
      note_inputs();
    }
    for (auto& remark : references_.take_remarks()) imported_.remarks.push_back(std::move(remark));
    if (!found_) return no_servers();
    auto& config = imported_.config;
    if (!gateway_.empty()) config["gateway"] = std::move(gateway_);
    config["mcpServers"] = std::move(services_);
    imported_.variables.assign(references_.variables().begin(), references_.variables().end());
    return std::move(imported_);
  }

 private:
  void remark(std::string path, std::string what) { imported_.remarks.push_back({std::move(path), std::move(what)}); }
  [[nodiscard]] std::string path_of(std::string const& key) {
    config::ConfigReport unused;
    return config::ConfigPlace{unused, ""}.member(key).path();
  }

  void take_proxy(Json& proxy) {
    references_.rewrite("mcpProxy", proxy);
    gateway_ = import_proxy(proxy, defaults_, imported_.remarks);
  }

  void take_key(std::string const& key, Json const& value) {
    if (auto const block = config::services_under(key, value)) {
      if (block->services->is_array()) return take_list(block->path, *block->services);
      return take_map(block->path, *block->services);
    }
    if (key == "inputs" || key == "mcpProxy" || key == "$schema" || config::is_remark(key)) return;
    config::ConfigReport unused;
    auto const path = path_of(key);
    auto const below = config::services_below(config::ConfigPlace{unused, path}, value);
    if (below.empty()) return remark(path, "Not taken: no setting of the servers");
    remark(path, fmt::format("Not taken: {} has servers too, and only those at the top of a file are taken", below));
  }

  void take_map(std::string const& path, Json const& servers) {
    if (!servers.is_object()) return;
    found_ = true;
    config::ConfigReport unused;
    for (auto const& [name, entry] : servers.items()) {
      if (config::is_remark(name) || name == "$schema") continue;
      take_server(config::ConfigPlace{unused, path}.member(name).path(), name, entry);
    }
  }

  /// Servers that say their names themselves.
  void take_list(std::string const& path, Json const& servers) {
    found_ = true;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      auto entry = servers[i];
      auto const at = fmt::format("{}[{}]", path, i);
      auto const name = entry.is_object() ? entry.value("name", Json{}) : Json{};
      if (!name.is_string()) {
        remark(at, "Left out: it has no name");
        continue;
      }
      entry.erase("name");
      take_server(at, name, entry);
    }
  }

  void take_server(std::string const& path, std::string const& name, Json entry) {
    if (entry.is_object()) take_options(path, entry, defaults_, imported_.remarks);
    auto service = import_entry(path, std::move(entry), references_, imported_.remarks);
    if (!service) return;
    auto const ours = import_name(path, name, imported_.remarks);
    if (ours.empty()) return;
    if (services_.contains(ours)) return remark(path, fmt::format("Left out: there is a service '{}' already", ours));
    services_[ours] = *std::move(service);
    imported_.origins[ours] = path;
  }

  void note_inputs() {
    for (std::size_t i = 0; i < inputs_.inputs.size(); ++i) {
      auto const& input = inputs_.inputs[i];
      auto const id = input.is_object() ? input.value("id", Json{}) : Json{};
      if (!id.is_string()) continue;
      auto const text = id.get<std::string>();
      auto const path = fmt::format("{}[{}]", inputs_.path, i);
      if (references_.used_inputs().contains(text)) {
        remark(path, fmt::format("Nobody is asked for '{}': the variable {} holds it", text, variable_name(text)));
      } else {
        remark(path, fmt::format("Not taken: no service refers to '{}'", text));
      }
    }
  }

  [[nodiscard]] Outcome no_servers() const {
    if (auto const why = config::what_instead(file_); !why.empty()) return refused("the file", why);
    return refused("mcpServers", "expected servers by name, found none");
  }

  Json file_;
  InputsBlock inputs_;
  References references_;
  Imported imported_;
  ProxyDefaults defaults_;
  Json gateway_ = Json::object();
  Json services_ = Json::object();
  bool found_ = false;
};

}  // namespace

Outcome import_servers(Kind kind, Json file, std::string const& workspace) {
  return ServersFile{kind, std::move(file), workspace}.read();
}

}  // namespace gateway::imports
