#include "gateway/imports/tbxark.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/config/values.h"
#include "gateway/imports/public_url.h"

namespace gateway::imports {

namespace {

Json tokens_of(Json const& options) {
  Json tokens = Json::array();
  auto const found = options.find("authTokens");
  if (found == options.end() || !found->is_array()) return tokens;
  for (auto const& token : *found)
    tokens.push_back({{"name", fmt::format("client-{}", tokens.size() + 1)}, {"token", token}});
  return tokens;
}

/// Whoever listens beyond this machine must ask for tokens; TBXark's need not.
void set_listen(Json const& addr, bool has_tokens, Json& gateway, Remarks& remarks) {
  auto const address = addr.is_string() ? config::parse_listen_address(addr.get<std::string>())
                                        : Result<config::ListenAddress>(Error{"no text"});
  if (!address)
    return remarks.push_back({"mcpProxy.addr", "Not taken: expected an address such as :9090; it is gateway.listen"});
  if (has_tokens || is_loopback(*address)) {
    gateway["listen"] = addr;
    return;
  }
  gateway["listen"] = fmt::format("127.0.0.1:{}", address->port);
  remarks.push_back(
      {"mcpProxy.addr",
       "On this machine only: without tokens (gateway.auth.tokens) mcp-gateway does not listen beyond it"});
}

void take_proxy_options(Json const& options, Json& gateway, ProxyDefaults& defaults, Remarks& remarks) {
  auto tokens = tokens_of(options);
  if (options.contains("authTokens") && tokens.empty())
    remarks.push_back({"mcpProxy.options.authTokens", "Not taken: expected a list of tokens; clients need none now"});
  if (!tokens.empty()) gateway["auth"]["tokens"] = std::move(tokens);
  for (auto const& [key, value] : options.items()) {
    auto const path = fmt::format("mcpProxy.options.{}", key);
    if (key == "panicIfInvalid") {
      defaults.required = value == true;
    } else if (key == "logEnabled") {
      remarks.push_back({path, "Not taken: calls are always logged, at the level gateway.log.level"});
    } else if (key != "authTokens") {
      remarks.push_back({path, "Not taken: mcp-gateway has no such setting for all services"});
    }
  }
}

}  // namespace

Json import_proxy(Json const& proxy, ProxyDefaults& defaults, Remarks& remarks) {
  Json gateway = Json::object();
  if (!proxy.is_object()) {
    remarks.push_back({"mcpProxy", "Not taken: expected an object"});
    return gateway;
  }
  auto const options = proxy.value("options", Json::object());
  auto const has_tokens = options.is_object() && !tokens_of(options).empty();
  for (auto const& [key, value] : proxy.items()) {
    auto const path = fmt::format("mcpProxy.{}", key);
    if (key == "addr") {
      set_listen(value, has_tokens, gateway, remarks);
    } else if (key == "baseURL") {
      set_public_url(path, value, gateway, remarks);
    } else if (key == "type") {
      remarks.push_back({path, "Not taken: /NAME/sse and /NAME/mcp are both served"});
    } else if (key == "name" || key == "version") {
      remarks.push_back({path, "Not taken: clients see the name and version of each server"});
    } else if (key == "options" && options.is_object()) {
      take_proxy_options(options, gateway, defaults, remarks);
    } else {
      remarks.push_back({path, "Not taken: mcp-gateway has no such setting"});
    }
  }
  return gateway;
}

void take_options(std::string const& path, Json& entry, ProxyDefaults const& defaults, Remarks& remarks) {
  auto required = defaults.required;
  auto const found = entry.find("options");
  if (found != entry.end() && found->is_object()) {
    // Taken out first: what is added to the entry moves its members.
    auto const options = std::exchange(*found, Json{});
    entry.erase("options");
    for (auto const& [key, value] : options.items()) {
      auto const at = fmt::format("{}.options.{}", path, key);
      if (key == "panicIfInvalid") {
        required = value == true;
      } else if (key == "disabled") {
        if (value == true) entry["disabled"] = true;
      } else if (key == "toolFilter") {
        remarks.push_back(
            {at, "Not taken: all tools of the service are served; gateway.policy says who may use which"});
      } else if (key == "authTokens") {
        remarks.push_back({at,
                           "Not taken: tokens stand in gateway.auth.tokens, and their scopes and gateway.policy say "
                           "for which services"});
      } else if (key == "logEnabled") {
        remarks.push_back({at, "Not taken: calls are always logged, at the level gateway.log.level"});
      } else {
        remarks.push_back({at, "Not taken: mcp-gateway has no such setting"});
      }
    }
  }
  if (required) entry["required"] = true;
}

}  // namespace gateway::imports
