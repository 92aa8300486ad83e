#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "gateway/config/values.h"
#include "gateway/imports/bridge.h"
#include "gateway/imports/entry.h"
#include "gateway/imports/flags.h"
#include "gateway/imports/split_words.h"

namespace gateway::imports {

namespace {

constexpr std::array<FlagForm, 26> kMcpProxyFlags{{
    {"--headers", "-H", Takes::Two},
    {"--transport"},
    {"--client-id"},
    {"--client-secret"},
    {"--token-url"},
    {"--verify-ssl", "", Takes::PerhapsOne},
    {"--no-verify-ssl", "", Takes::None},
    {"--env", "-e", Takes::Two},
    {"--cwd"},
    {"--pass-environment", "", Takes::None},
    {"--no-pass-environment", "", Takes::None},
    {"--log-level"},
    {"--debug", "", Takes::None},
    {"--no-debug", "", Takes::None},
    {"--named-server", "", Takes::Two},
    {"--named-server-config"},
    {"--port"},
    {"--host"},
    {"--sse-port"},
    {"--sse-host"},
    {"--stateless", "", Takes::None},
    {"--no-stateless", "", Takes::None},
    {"--allow-origin", "", Takes::Some},
    {"--expose-header"},
    {"--version", "", Takes::None},
    {"--help", "-h", Takes::None},
}};

/// The names of its levels, which are Python's.
std::string_view level_of(std::string_view name) {
  if (name == "DEBUG") return "debug";
  if (name == "WARNING") return "warn";
  return name == "ERROR" || name == "CRITICAL" ? "error" : "info";
}

bool has_capitals(std::string_view flag) {
  return std::ranges::any_of(flag, [](char c) { return c >= 'A' && c <= 'Z'; });
}

class McpProxyLine {
 public:
  Result<BridgeLine> read_seen(SeenLine const& seen) {
    for (auto const& flag : seen.flags)
      if (wrong_.empty()) take(flag, flag.values.empty() ? std::string{} : flag.values.front());
    for (auto const& flag : seen.unknown) {
      // It has a value that would be taken for the command.
      if (has_capitals(flag) && wrong_.empty())
        wrong_ = fmt::format(
            "{:.60} is a flag of the mcp-proxy in TypeScript, and expected are those of the one in "
            "Python",
            flag);
      say(flag, "Not taken: mcp-proxy has no such flag");
    }
    for (auto const& flag : seen.handed_on) say(flag, "No flag of mcp-proxy, so it is an argument of the command");
    take_command(seen.words);
    if (wrong_.empty() && !line_.asks_version && line_.server.is_null() && line_.named.empty() &&
        line_.named_file.empty())
      wrong_ = "expected a command, --named-server NAME \"COMMAND\" or --named-server-config FILE, found none";
    if (!wrong_.empty()) return Error{wrong_};
    set_up_servers();
    return std::move(line_);
  }

 private:
  void say(std::string flag, std::string what) { line_.remarks.push_back({std::move(flag), std::move(what)}); }

  void take(SeenFlag const& flag, std::string const& value) {
    auto const& name = flag.name;
    if (name == "--port" || name == "--sse-port") {
      auto const port = port_of(name, value);
      if (!port) {
        wrong_ = port.error().what;
      } else if (name == "--port" || !line_.port) {
        line_.port = *port;
      }
    } else if (name == "--host" || (name == "--sse-host" && line_.host.empty())) {
      line_.host = value;
    } else if (name == "--env") {
      take_variable(flag);
    } else if (name == "--cwd") {
      cwd_ = value;
    } else if (name == "--pass-environment" || name == "--no-pass-environment") {
      line_.passes_environment = name == "--pass-environment";
    } else if (name == "--named-server") {
      take_named(flag);
    } else if (name == "--named-server-config") {
      line_.named_file = value;
    } else if (name == "--allow-origin") {
      for (auto const& origin : flag.values) allow_origin(name, origin, line_);
    } else {
      take_setting(name, value);
    }
  }

  void take_setting(std::string const& name, std::string const& value) {
    if (name == "--log-level") {
      line_.gateway["log"]["level"] = level_of(value);
    } else if (name == "--debug") {
      line_.gateway["log"]["level"] = "debug";
    } else if (name == "--version" || name == "--help") {
      line_.asks_version = true;
    } else if (name == "--stateless") {
      say(name, "Not taken: requests with and without a session are both served");
    } else if (name == "--expose-header") {
      say(name, "Not taken: pages may read the headers of MCP");
    } else if (name != "--no-debug" && name != "--no-stateless" && name != "--sse-host") {
      say(name, "Not taken: it is for remote servers");
    }
  }

  void take_variable(SeenFlag const& flag) {
    auto const& name = flag.values[0];
    env_[name] = as_literal(flag.values[1]);
    if (sounds_secret(name))
      say("--env " + name, "Copied as it stands; it can be a variable of the gateway's: ${NAME}");
  }

  void take_named(SeenFlag const& flag) {
    auto const path = "--named-server " + flag.values[0];
    auto const name = import_name(path, flag.values[0], line_.remarks);
    if (!name.empty()) line_.named[name] = entry_of_line(path, flag.values[1], Quoting::Plain, line_);
  }

  void take_command(std::vector<std::string> const& words) {
    if (words.empty()) return;
    auto const& first = words.front();
    if (first.starts_with("http://") || first.starts_with("https://")) {
      wrong_ = fmt::format("'{:.100}' is a remote server, and mcp-gateway starts programs: expected a command", first);
      return;
    }
    line_.server = {{"command", as_literal(first)}};
    for (std::size_t i = 1; i < words.size(); ++i) line_.server["args"].push_back(as_literal(words[i]));
  }

  void set_up_servers() {
    if (!line_.named_file.empty() && !line_.named.empty()) {
      say("--named-server", "Not taken: --named-server-config is there too, which mcp-proxy prefers");
      line_.named = Json::object();
    }
    // Servers that have a name of their own get neither, there as here.
    if (line_.server.is_null()) {
      if (!env_.empty()) say("--env", "Not taken: it is for the server whose command stands behind the flags");
      if (!cwd_.empty()) say("--cwd", "Not taken: it is for the server whose command stands behind the flags");
      return;
    }
    if (!env_.empty()) line_.server["env"] = env_;
    if (!cwd_.empty()) line_.server["cwd"] = as_literal(cwd_);
  }

  BridgeLine line_{.bridge = Bridge::McpProxy};
  Json env_ = Json::object();
  std::string cwd_;
  std::string wrong_;
};

}  // namespace

Result<BridgeLine> read_mcp_proxy(std::span<std::string const> flags) {
  auto const seen = read_flags(flags, kMcpProxyFlags, Unknown::OfTheCommand);
  if (!seen) return seen.error();
  return McpProxyLine{}.read_seen(*seen);
}

}  // namespace gateway::imports
