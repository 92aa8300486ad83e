#include "gateway/cli/gateway_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/config/overlay.h"
#include "gateway/config/reader.h"
#include "gateway/config/values.h"

namespace gateway::cli {

namespace {

using Errors = std::vector<std::string>;
using config::Json;

Json& field_at(Json& block, std::string_view key) {
  auto const dot = key.find('.');
  if (dot == key.npos) return block[std::string(key)];
  return block[std::string(key.substr(0, dot))][std::string(key.substr(dot + 1))];
}

/// Names a file allows stay allowed.
std::vector<std::string> with(std::vector<std::string> list, std::vector<std::string> const& more) {
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

/// The flag whose key is that of the error, which may lie within its value.
std::string_view flag_for(std::string_view path) {
  for (auto const& flag : run_flags()) {
    if (flag.about == About::Gateway && !flag.key.empty() && path.starts_with(flag.key)) return flag.name;
  }
  return path;
}

void set_plain_fields(Given const& given, config::GatewayConfig& gateway, Errors& errors) {
  Json patch = Json::object();
  for (auto const& flag : run_flags()) {
    auto const& values = given.find(flag.name)->second;
    if (flag.about != About::Gateway || flag.key.empty() || values.empty()) continue;
    if (flag.often == Often::Once) {
      field_at(patch, flag.key) = values.front();
    } else {
      auto const& before = flag.key == "allowed_hosts" ? gateway.allowed_hosts : gateway.allowed_origins;
      field_at(patch, flag.key) = with(before, values);
      (flag.key == "allowed_hosts" ? gateway.allowed_hosts : gateway.allowed_origins).clear();
    }
  }
  for (auto const& error : config::set_fields(gateway, patch)) {
    errors.push_back(fmt::format("{}: {}", flag_for(error.path), error.what));
  }
}

void set_listen(Given const& given, config::ListenAddress& listen, Errors& errors) {
  if (auto const text = value_of(given, "--port"); !text.empty()) {
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), listen.port);
    if (problem != std::errc{} || end != text.data() + text.size()) {
      errors.push_back(fmt::format("--port: expected a number in 0..65535, found '{:.60}'", text));
    }
  }
  auto const host = value_of(given, "--host");
  if (host.empty()) return;
  auto const bare = host.find(':') != host.npos && !host.starts_with('[') ? fmt::format("[{}]", host) : host;
  auto const address = config::parse_listen_address(fmt::format("{}:0", bare));
  if (address) {
    listen.host = address->host;
    return;
  }
  errors.push_back(
      fmt::format("--host: expected an address in numbers, such as 127.0.0.1, ::1 or 0.0.0.0 (every interface), "
                  "without a port, found '{:.60}'; the port is --port's",
                  host));
}

/// The token in a file. Whoever made the file may have ended its line.
Result<config::Secret> token_in(std::string const& path) {
  auto text = config::process_environment().file(path);
  if (!text) return text.error();
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  if (text->empty()) return Error{fmt::format("expected a token in the file {}, which is empty", path)};
  if (!config::is_bearer_token(*text)) {
    return Error{
        fmt::format("expected one token of letters, digits and -._~+/ in the file {}, found something else", path)};
  }
  return config::Secret{std::move(*text)};
}

/// What the reader says of a token in a file, too.
void note_short(config::Secret const& token, std::string_view flag, config::Config& config) {
  if (token.reveal().size() < 16)
    config.warnings.push_back({std::string(flag), "a token of less than 16 characters can be guessed"});
}

/// Who holds a token is called after its file.
std::string holder(std::string const& path, std::vector<config::AuthToken> const& tokens) {
  auto const plain = config::as_service_name(std::filesystem::path(path).filename().string());
  auto const base = plain.empty() ? std::string("token") : plain.substr(0, 60);
  auto const taken = [&](std::string const& name) {
    return std::any_of(tokens.begin(), tokens.end(), [&](auto const& token) { return token.name == name; });
  };
  auto name = base;
  for (int number = 2; taken(name); ++number) name = fmt::format("{}-{}", base, number);
  return name;
}

void add_tokens(Given const& given, config::Config& config, Errors& errors) {
  auto& gateway = config.gateway;
  for (auto const& path : given.find("--token-file")->second) {
    auto token = token_in(path);
    if (!token) {
      errors.push_back(fmt::format("--token-file: {}", token.error().what));
      continue;
    }
    note_short(*token, "--token-file", config);
    gateway.auth.tokens.push_back({.name = holder(path, gateway.auth.tokens), .token = std::move(*token)});
  }
  auto const path = value_of(given, "--admin-token-file");
  if (path.empty()) return;
  auto token = token_in(path);
  if (!token) return errors.push_back(fmt::format("--admin-token-file: {}", token.error().what));
  note_short(*token, "--admin-token-file", config);
  gateway.admin_token = std::move(*token);
  if (!gateway.admin_listen) {
    errors.push_back("--admin-token-file: expected an admin listener too, such as --admin 9090, and there is none");
  }
}

/// The key as it is called where it was said. Without a file there are flags only.
std::string said_by(Arguments const& arguments, std::string const& key) {
  auto const is_given = [&](std::string_view flag) { return !value_of(arguments.flags, flag).empty(); };
  auto const no_file = !arguments.server.empty();
  if (key == "gateway.admin_listen" && (no_file || is_given("--admin"))) return "--admin";
  if (key != "gateway.listen") return key;
  if (no_file || is_given("--port")) return "--port";
  return is_given("--host") ? "--host" : key;
}

/// A flag may have taken the address of another listener.
void check_listeners(Arguments const& arguments, config::Config const& config, Errors& errors) {
  constexpr std::string_view kMain = "gateway.listen";
  auto const place = [](config::ServiceConfig const& service) { return "mcpServers." + service.name; };
  for (auto const& conflict : config::listener_conflicts(config, place)) {
    auto what = conflict.what;
    if (auto const at = what.find(kMain); at != what.npos) {
      what.replace(at, kMain.size(), said_by(arguments, std::string(kMain)));
    }
    errors.push_back(fmt::format("{}: {}", said_by(arguments, conflict.path), what));
  }
}

}  // namespace

bool apply_gateway_flags(Arguments const& arguments, config::Config& config, std::ostream& errors) {
  Errors found;
  set_plain_fields(arguments.flags, config.gateway, found);
  set_listen(arguments.flags, config.gateway.listen, found);
  add_tokens(arguments.flags, config, found);
  config.gateway.auth.allow_unauthenticated |= arguments.allow_unauthenticated;
  if (found.empty()) check_listeners(arguments, config, found);
  for (auto const& error : found) errors << "run: " << error << '\n';
  return found.empty();
}

}  // namespace gateway::cli
