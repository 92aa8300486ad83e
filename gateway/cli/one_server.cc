#include "gateway/cli/one_server.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/config/json.h"
#include "gateway/config/reader.h"
#include "gateway/config/values.h"

namespace gateway::cli {

namespace {

using config::Json;

/// Text as it must stand in a file to be meant as it is.
std::string literal(std::string text) {
  for (auto at = text.find("${"); at != text.npos; at = text.find("${", at + 3)) text.insert(at, 1, '$');
  return text;
}

Json literals(std::vector<std::string> const& texts) {
  Json list = Json::array();
  for (auto const& text : texts) list.push_back(literal(text));
  return list;
}

using Variables = std::map<std::string, config::Secret, std::less<>>;

Result<Variables> variables(std::vector<std::string> const& settings) {
  Variables env;
  for (auto const& setting : settings) {
    auto const equals = setting.find('=');
    if (equals == setting.npos || equals == 0) {
      return Error{fmt::format(
          "--env: expected NAME=VALUE, found '{:.60}'; --pass-env NAME hands the gateway's own through", setting)};
    }
    auto const name = setting.substr(0, equals);
    if (!env.emplace(name, config::Secret{setting.substr(equals + 1)}).second)
      return Error{fmt::format("--env: {} is given twice", name)};
  }
  return env;
}

/// The names of --pass-env. What follows an `=` may be a secret, and is not shown.
Status check_names(std::vector<std::string> const& names) {
  for (auto const& name : names) {
    auto const equals = name.find('=');
    if (equals == name.npos) continue;
    return Error{
        fmt::format("--pass-env: expected only the name of a variable, found '{}=' with a value; use --env NAME=VALUE",
                    name.substr(0, equals))};
  }
  return Done{};
}

/// A token that was forgotten shows as an error of the server's, if at all.
void note_unset(std::vector<std::string> const& names, config::Environment const& environment, config::Config& config) {
  for (auto const& name : names) {
    if (!environment.variable(name))
      config.warnings.push_back({"--pass-env", fmt::format("{} is not set; the server starts without it", name)});
  }
}

/// The entry as a file would hold it, so that it is read and checked in the same way;
/// without what a file could not hold byte for byte.
Json entry_of(Arguments const& arguments, Variables const& env) {
  Json entry{{"command", "x"}, {"required", true}, {"env", Json::object()}};
  for (auto const& [name, unused] : env) entry["env"][name] = "";
  for (auto const& flag : run_flags()) {
    auto const& values = arguments.flags.find(flag.name)->second;
    if (flag.about != About::Server || flag.key.empty() || values.empty()) continue;
    auto& field = entry[std::string(flag.key)];
    field = flag.often == Often::Once ? Json(literal(values.front())) : literals(values);
  }
  auto const timeout = config::parse_duration(value_of(arguments.flags, "--call-timeout"));
  if (timeout > config::ServiceConfig{}.call_timeout_max) entry["call_timeout_max"] = entry["call_timeout"];
  return entry;
}

/// The flag that said what stands at `path`; `entry` is the path of the whole entry.
std::string flag_at(std::string_view path, std::string_view entry) {
  if (!path.starts_with(entry) || path.size() <= entry.size() + 1) return "--name";
  auto const key = path.substr(entry.size() + 1);
  if (key.starts_with("env")) return "--env";
  for (auto const& flag : run_flags()) {
    if (flag.about == About::Server && !flag.key.empty() && key.starts_with(flag.key)) return std::string(flag.name);
  }
  return std::string(path);
}

}  // namespace

std::optional<config::Config> one_server(Arguments const& arguments, std::ostream& errors) {
  auto env = variables(arguments.flags.find("--env")->second);
  auto const& passed = arguments.flags.find("--pass-env")->second;
  auto const names = check_names(passed);
  if (!env || !names) {
    errors << "run: " << (env ? names.error() : env.error()).what << '\n';
    return std::nullopt;
  }
  auto const isolation = value_of(arguments.flags, "--isolation", "shared");
  if (isolation != "shared" && isolation != "session") {
    errors << fmt::format("run: --isolation: expected 'shared' or 'session', found '{:.60}'; the others need a file\n",
                          isolation);
    return std::nullopt;
  }
  auto const name = value_of(arguments.flags, "--name", "server");
  Json file{{"gateway", {{"admin_listen", "off"}}}, {"mcpServers", {{name, entry_of(arguments, *env)}}}};
  auto const environment = config::process_environment();
  auto read = config::read_config(file.dump(-1, ' ', false, Json::error_handler_t::replace), environment);
  config::ConfigReport unused;
  auto const place = config::ConfigPlace{unused, "mcpServers"}.member(name).path();
  if (auto* const config = std::get_if<config::Config>(&read)) {
    auto& service = config->services.front();
    service.command = arguments.server.front();
    service.args.assign(arguments.server.begin() + 1, arguments.server.end());
    service.env = std::move(*env);
    for (auto& warning : config->warnings) warning.path = flag_at(warning.path, place);
    note_unset(passed, environment, *config);
    return std::move(*config);
  }
  for (auto const& error : std::get<config::ConfigErrors>(read).errors) {
    errors << fmt::format("run: {}: {}\n", flag_at(error.path, place), error.what);
  }
  return std::nullopt;
}

}  // namespace gateway::cli
