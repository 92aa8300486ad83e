#include "gateway/cli/compat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "gateway/base/counted.h"
#include "gateway/cli/load_config.h"
#include "gateway/cli/read_config_file.h"
#include "gateway/config/json.h"
#include "gateway/config/reader.h"
#include "gateway/config/values.h"
#include "gateway/imports/import_line.h"

namespace gateway::cli {

namespace {

using CompatJson = config::Json;

constexpr std::string_view kCompat = "--compat";

/// A line in two: options of ours, and what another program would have been given.
struct TwoLines {
  std::string program;
  std::vector<std::string> ours;
  std::vector<std::string> theirs;
};

std::optional<TwoLines> split_line(std::string_view called_as, std::vector<std::string> const& words) {
  auto const name = called_as.substr(called_as.rfind('/') + 1);
  if (imports::bridge_named(name)) return TwoLines{std::string(name), {}, words};
  auto const end = std::ranges::find(words, "--");
  auto const at = std::find_if(words.begin(), end, [](std::string const& word) {
    return word == kCompat || word.starts_with(std::string(kCompat) + '=');
  });
  if (at == end) return std::nullopt;
  TwoLines lines{.program = {}, .ours = {words.begin(), at}, .theirs = {at + 1, words.end()}};
  if (at->size() > kCompat.size()) {
    lines.program = at->substr(kCompat.size() + 1);
  } else if (!lines.theirs.empty()) {
    lines.program = lines.theirs.front();
    lines.theirs.erase(lines.theirs.begin());
  }
  return lines;
}

Farewell refusal(std::string_view what) { return {kUsageError, fmt::format("{}\n", what)}; }

/// The server is described by the other program's flags only.
std::optional<std::string> flag_of_server(Arguments const& arguments) {
  for (auto const& flag : run_flags())
    if (flag.about == About::Server && !value_of(arguments.flags, flag.name).empty()) return std::string(flag.name);
  return std::nullopt;
}

/// Our options, as if a server stood behind them.
std::variant<Arguments, Farewell> read_ours(std::vector<std::string> ours, WordKinds const& kinds) {
  if (ours.empty()) ours.emplace_back("run");
  if (ours.front() != "run") return refusal(fmt::format("{} belongs to run, found '{:.60}'", kCompat, ours.front()));
  ours.insert(ours.end(), {"--", "server"});
  auto read = read_arguments(std::move(ours), kinds);
  if (auto* const arguments = std::get_if<Arguments>(&read)) arguments->server.clear();
  return read;
}

/// Beyond this machine only if whoever can reach it has to show something, or nobody minds.
void set_address(Arguments const& arguments, imports::BridgeLine& line, CompatJson& gateway) {
  auto const& flags = arguments.flags;
  auto const is_guarded = arguments.allow_unauthenticated || !value_of(flags, "--token-file").empty();
  auto host = line.host;
  if (host.empty()) {
    auto const is_open = line.bridge == imports::Bridge::Supergateway;
    host = is_open && is_guarded ? "0.0.0.0" : "127.0.0.1";
    if (is_open && !is_guarded && value_of(flags, "--host").empty())
      line.remarks.push_back({"--port",
                              "Listens on this machine only, unlike supergateway: mcp-gateway run --token-file FILE "
                              "--compat supergateway ... listens on all addresses"});
  }
  auto const bare = host.find(':') != host.npos && !host.starts_with('[') ? fmt::format("[{}]", host) : host;
  gateway["listen"] = fmt::format("{}:{}", bare, line.port.value_or(0));
  gateway["admin_listen"] = "off";
}

/// All of the environment, but for what is the gateway's own.
CompatJson names_of_environment() {
  auto names = CompatJson::array();
  for (char** each = environ; *each != nullptr; ++each) {
    auto const entry = std::string_view(*each);
    auto const name = entry.substr(0, entry.find('='));
    if (config::is_variable_name(name) && !name.starts_with("MCP_GATEWAY")) names.push_back(name);
  }
  return names;
}

}  // namespace

std::optional<std::variant<Arguments, Farewell>> read_compat(std::string_view called_as,
                                                             std::vector<std::string> const& words,
                                                             WordKinds const& kinds) {
  auto lines = split_line(called_as, words);
  if (!lines) return std::nullopt;
  auto const bridge = imports::bridge_named(lines->program);
  if (!bridge)
    return refusal(fmt::format("{}: expected supergateway or mcp-proxy, found '{:.60}'", kCompat, lines->program));
  auto read = read_ours(std::move(lines->ours), kinds);
  auto* const arguments = std::get_if<Arguments>(&read);
  if (arguments == nullptr) return read;
  if (auto const flag = flag_of_server(*arguments))
    return refusal(
        fmt::format("run: {} is for a server behind --, and {} has flags of its own", *flag, lines->program));
  auto line = imports::read_bridge(*bridge, lines->theirs);
  if (!line) return refusal(fmt::format("{}: {}", lines->program, line.error().what));
  if (line->asks_version) arguments->command = "version";
  arguments->bridge = *std::move(line);
  return read;
}

std::optional<config::Config> compat_config(Arguments const& arguments, std::ostream& errors) {
  auto line = *arguments.bridge;
  auto const tell = [&](config::ConfigErrors const& wrong) {
    errors << fmt::format("run: {}\n", counted(wrong.errors.size(), "error"));
    for (auto const& error : wrong.errors) errors << fmt::format("  {}: {}\n", error.path, error.what);
  };
  if (auto const wrong = imports::add_named_file(line, read_config_file)) {
    tell(*wrong);
    return std::nullopt;
  }
  CompatJson file{{"gateway", line.gateway}, {"mcpServers", imports::services_of(line)}};
  set_address(arguments, line, file["gateway"]);
  if (line.named.empty()) {
    file["mcpServers"].front()["required"] = true;  // without it there is nothing
  } else {
    file["gateway"]["base_path"] = imports::kNamedPath;
  }
  if (line.passes_environment)
    for (auto& service : file["mcpServers"]) service["pass_env"] = names_of_environment();
  auto read = config::read_config(file.dump(-1, ' ', false, CompatJson::error_handler_t::replace),
                                  config::process_environment());
  if (auto const* const wrong = std::get_if<config::ConfigErrors>(&read)) {
    tell(*wrong);
    return std::nullopt;
  }
  auto& config = std::get<config::Config>(read);
  for (auto const& remark : line.remarks) config.warnings.push_back({remark.path, remark.what});
  return std::move(config);
}

}  // namespace gateway::cli
