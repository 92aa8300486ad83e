#include "gateway/imports/agentgateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/imports/entry.h"
#include "gateway/imports/kind.h"
#include "gateway/imports/references.h"

namespace gateway::imports {

namespace {

class TargetsFile {
 public:
  Outcome read(Json const& file) {
    for (auto const& [key, value] : file.items()) {
      if (key == "mcp") {
        take_mcp("mcp", value, {"port"});
      } else if (key == "binds") {
        each(key, value, [this](std::string const& path, Json const& bind) { take_bind(path, bind); });
      } else if (key == "backends") {
        each(key, value, [this](std::string const& path, Json const& backend) { take_backend(path, backend); });
      } else if (!key.starts_with('$')) {
        note(key, "Not taken: mcp-gateway has no such setting");
      }
    }
    if (!found_)
      return refused("the file", "expected targets under mcp.targets or in backends under binds, found none");
    if (services_.size() > 1)
      note("targets", "Each is served at a path of its own, /NAME/mcp, and not all of them together at one");
    return finished();
  }

 private:
  void note(std::string path, std::string what) { imported_.remarks.push_back({std::move(path), std::move(what)}); }

  /// All elements of a list that are objects.
  template <typename Take>
  void each(std::string const& path, Json const& list, Take take) {
    if (!list.is_array()) return note(path, "Not taken: expected a list");
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto const at = fmt::format("{}[{}]", path, i);
      if (list[i].is_object()) {
        take(at, list[i]);
      } else {
        note(at, "Not taken: expected an object");
      }
    }
  }

  void not_taken(std::string const& path, Json const& object, std::initializer_list<std::string_view> taken) {
    for (auto const& [key, unused] : object.items()) {
      if (std::ranges::find(taken, key) != taken.end()) continue;
      auto const is_policy = key == "policies";
      note(path + "." + key, is_policy ? "Not taken: who may call what is said by gateway.auth and gateway.policy"
                                       : "Not taken: mcp-gateway has no such setting");
    }
  }

  void take_port(std::string const& path, Json const& object) {
    auto const port = object.find("port");
    if (port == object.end()) return;
    if (!port->is_number_unsigned() || port_.is_number())
      return note(path + ".port", "Not taken: there is one listener for all services, gateway.listen");
    port_ = *port;
    note(path + ".port",
         "On this machine only: without tokens (gateway.auth.tokens) mcp-gateway does not listen beyond it");
  }

  void take_bind(std::string const& path, Json const& bind) {
    take_port(path, bind);
    not_taken(path, bind, {"port", "listeners"});
    if (!bind.contains("listeners")) return;
    each(path + ".listeners", bind["listeners"], [this](std::string const& at, Json const& listener) {
      not_taken(at, listener, {"routes", "name", "protocol"});
      if (!listener.contains("routes")) return;
      each(at + ".routes", listener["routes"], [this](std::string const& there, Json const& route) {
        not_taken(there, route, {"backends", "name"});
        if (!route.contains("backends")) return;
        each(there + ".backends", route["backends"],
             [this](std::string const& below, Json const& backend) { take_backend(below, backend); });
      });
    });
  }

  void take_backend(std::string const& path, Json const& backend) {
    not_taken(path, backend, {"mcp", "name", "weight"});
    if (backend.contains("mcp")) take_mcp(path + ".mcp", backend["mcp"], {});
  }

  void take_mcp(std::string const& path, Json const& mcp, std::vector<std::string_view> const& more) {
    if (!mcp.is_object()) return note(path, "Not taken: expected an object with targets");
    if (!more.empty()) take_port(path, mcp);
    not_taken(path, mcp, {"targets", "port"});
    if (!mcp.contains("targets")) return;
    found_ = true;
    each(path + ".targets", mcp["targets"],
         [this](std::string const& at, Json const& target) { take_target(at, target); });
  }

  /// `host` is a URL, or a name with port and path beside it.
  static Json remote_entry(Json remote, bool is_sse) {
    auto const text = [&](char const* key) {
      auto const found = remote.value(key, Json{});
      remote.erase(key);
      return found.is_string() ? found.get<std::string>() : found.is_number() ? found.dump() : std::string{};
    };
    auto url = text("host");
    auto const port = text("port");
    auto path = text("path");
    if (!url.empty() && url.find("://") == url.npos) {
      if (!path.empty() && !path.starts_with('/')) path.insert(0, "/");
      auto const* const scheme = port == "443" ? "https" : "http";
      url = fmt::format("{}://{}{}{}{}", scheme, url, port.empty() ? "" : ":", port, path);
    }
    remote["url"] = url;
    if (is_sse) remote["transport"] = "sse";
    return remote;
  }

  void take_target(std::string const& path, Json const& target) {
    auto const name = target.value("name", Json{});
    if (!name.is_string()) return note(path, "Left out: it has no name");
    std::string kind;
    for (auto const* const each : {"stdio", "mcp", "sse"})
      if (kind.empty() && target.value(each, Json{}).is_object()) kind = each;
    if (kind.empty()) return note(path, "Left out: it is neither a program (stdio) nor an MCP server (mcp, sse)");
    not_taken(path, target, {"name", kind});
    auto entry = kind == "stdio" ? target[kind] : remote_entry(target[kind], kind == "sse");
    if (entry.value("clearEnv", Json{}) == true) entry.erase("clearEnv");  // as it is here
    auto service = import_entry(fmt::format("{}.{}", path, kind), std::move(entry), references_, imported_.remarks);
    if (!service) return;
    auto const ours = import_name(path, name, imported_.remarks);
    if (ours.empty()) return;
    if (services_.contains(ours)) return note(path, fmt::format("Left out: there is a service '{}' already", ours));
    services_[ours] = *std::move(service);
    imported_.origins[ours] = path;
  }

  Outcome finished() {
    for (auto& each : references_.take_remarks()) imported_.remarks.push_back(std::move(each));
    if (port_.is_number()) imported_.config["gateway"]["listen"] = fmt::format("127.0.0.1:{}", port_.dump());
    imported_.config["mcpServers"] = std::move(services_);
    imported_.variables.assign(references_.variables().begin(), references_.variables().end());
    return std::move(imported_);
  }

  References references_{Kind::AgentGateway, {}, {}};
  Imported imported_;
  Json services_ = Json::object();
  Json port_;
  bool found_ = false;
};

}  // namespace

Outcome import_agentgateway(Json const& file) { return TargetsFile{}.read(file); }

}  // namespace gateway::imports
