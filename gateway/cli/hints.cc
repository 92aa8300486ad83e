#include "gateway/cli/hints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/base/nearest.h"

namespace gateway::cli {

namespace {

/// Options of supergateway, of the mcp-proxies and of docker's gateway, whose users
/// know them by heart. Those that are written almost like one of ours are found
/// without this.
constexpr std::array<std::pair<std::string_view, std::string_view>, 30> kOptionsOfOthers{{
    {"--check", "say mcp-gateway check FILE"},
    {"--dry-run", "say mcp-gateway check FILE"},
    {"--validate-only", "say mcp-gateway check FILE"},
    {"--watch", "leave it out, and set gateway.reload_on_change in the configuration, or run mcp-gateway reload"},
    {"--hot-reload", "leave it out, and set gateway.reload_on_change in the configuration, or run mcp-gateway reload"},
    {"--stdio", "the server's command stands behind --: mcp-gateway run -- npx -y PACKAGE"},
    {"--command", "the server's command stands behind --: mcp-gateway run -- npx -y PACKAGE"},
    {"--sse", "mcp-gateway runs programs and does not connect to remote servers"},
    {"--streamableHttp", "mcp-gateway runs programs and does not connect to remote servers"},
    {"--outputTransport", "leave it out: /sse and /mcp are both served"},
    {"--transport", "leave it out: /sse and /mcp are both served"},
    {"--server", "leave it out: /sse and /mcp are both served"},
    {"--ssePath", "leave it out: the paths are /sse and /messages"},
    {"--messagePath", "leave it out: the paths are /sse and /messages"},
    {"--streamableHttpPath", "leave it out: the path is /mcp"},
    {"--baseUrl", "say --base-path /PATH, when a proxy in front takes a path away"},
    {"--stateful", "say --isolation session for a child of its own for each client"},
    {"--stateless", "leave it out: requests without a session are served too"},
    {"--sessionTimeout", "it is gateway.limits.session_idle_timeout of a configuration file"},
    {"--cors", "say --allowed-origin https://PAGE for each web page that may call"},
    {"--allow-origin", "say --allowed-origin https://PAGE for each web page that may call"},
    {"--healthEndpoint", "leave it out: /health is served"},
    {"--named-server", "several servers stand in a file: mcp-gateway run FILE"},
    {"--named-server-config", "say mcp-gateway run FILE"},
    {"--pass-environment", "say --pass-env NAME for each variable the server needs"},
    {"--apiKey", "say --token-file FILE, with the token in the file"},
    {"--api-key", "say --token-file FILE, with the token in the file"},
    {"--requestTimeout", "say --call-timeout 5m"},
    {"--servers", "say --service NAME for each service of the file that is to run"},
    {"--debug", "say --log-level debug"},
}};

/// Commands of other programs, and what does here what they do there.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kCommandsOfOthers{{
    {"serve", "did you mean 'mcp-gateway run'?"},
    {"start", "did you mean 'mcp-gateway run'?"},
    {"up", "did you mean 'mcp-gateway run'?"},
    {"proxy", "did you mean 'mcp-gateway run'?"},
    {"lint", "did you mean 'mcp-gateway check'?"},
    {"doctor", "did you mean 'mcp-gateway check FILE --connect'?"},
    {"test", "did you mean 'mcp-gateway check FILE --connect'?"},
    {"ps", "did you mean 'mcp-gateway status'?"},
    {"ls", "did you mean 'mcp-gateway status'?"},
    {"restart", "the status page restarts a service; SIGTERM ends the gateway"},
    {"logs", "the log is the gateway's stderr"},
}};

constexpr std::array<std::string_view, 9> kScripts{".js", ".mjs", ".cjs", ".ts", ".py", ".sh", ".rb", ".jar", ".php"};

bool is_script(std::string_view word) {
  return std::ranges::any_of(kScripts, [&](auto ending) { return word.ends_with(ending); });
}

bool is_configuration(std::string_view word) {
  return word == "-" || word.ends_with(".json") || word.ends_with(".jsonc") || word.ends_with(".json5");
}

bool is_url(std::string_view word) { return word.starts_with("http://") || word.starts_with("https://"); }

std::string_view interpreter(std::string_view script) {
  if (script.ends_with("js")) return "node ";
  if (script.ends_with(".py")) return "python3 ";
  if (script.ends_with(".ts")) return "npx tsx ";
  return "";
}

/// The command line that runs `server`, with what stands before it.
std::string run_line(std::span<std::string const> before, std::span<std::string const> server) {
  auto const& first = server.front();
  // Somebody put the whole command into quotes.
  auto const quoted = server.size() == 1 && first.find(' ') != std::string::npos;
  auto const options = before.empty() ? std::string{} : shell_words(before) + ' ';
  return fmt::format("mcp-gateway run {}-- {}{}", options, quoted ? "" : interpreter(first),
                     quoted ? first : shell_words(server));
}

bool takes_value(std::string_view option) {
  constexpr std::array<std::string_view, 5> kOthers{"--config", "-c", "--service", "-s", "--profile"};
  return std::ranges::find(kOthers, option) != kOthers.end() ||
         std::ranges::any_of(run_flags(), [&](RunFlag const& flag) {
           return option == flag.name || (!flag.letter.empty() && option == flag.letter.substr(1));
         });
}

/// A line that begins with an option: most likely one of `run`, or of another program.
std::string option_first(std::span<std::string const> words, std::span<std::string const> server) {
  auto const& word = words.front();
  auto const name = word.substr(0, word.find('='));
  auto const what = fmt::format("expected a command first, found '{}'", word);
  if (takes_value(name) || name == "--allow-unauthenticated") {
    auto const tail = server.empty() ? std::string{} : " -- " + shell_words(server);
    return fmt::format("{}; did you mean 'mcp-gateway run {}{}'?", what, shell_words(words), tail);
  }
  auto const of_others = std::ranges::find(kOptionsOfOthers, name, [](auto const& entry) { return entry.first; });
  return of_others == kOptionsOfOthers.end() ? what : fmt::format("{}; {}", what, of_others->second);
}

}  // namespace

std::string shell_words(std::span<std::string const> words) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
  std::string line;
  for (auto const& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (char const c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

std::string unknown_command(std::span<std::string const> words, std::span<std::string const> server,
                            std::span<std::string_view const> commands, WordKinds const& kinds) {
  auto const& word = words.front();
  if (word.starts_with('-') && word != "-") return option_first(words, server);
  auto const what = fmt::format("unknown command '{}'", word);
  auto const of_others = std::ranges::find(kCommandsOfOthers, word, [](auto const& entry) { return entry.first; });
  if (of_others != kCommandsOfOthers.end()) return fmt::format("{}; {}", what, of_others->second);
  if (auto const near = nearest(word, commands); !near.empty())
    return fmt::format("{}; did you mean 'mcp-gateway {}'?", what, near);
  if (is_configuration(word)) return fmt::format("{}; did you mean 'mcp-gateway run {}'?", what, shell_words(words));
  if (is_script(word) || kinds.is_program(word) || word.find(' ') != word.npos) {
    return fmt::format("{}; to serve it: {}", what, run_line({}, words));
  }
  return what;
}

std::string unknown_option(std::string_view command, std::string_view option,
                           std::span<std::string_view const> options) {
  auto const name = option.substr(0, option.find('='));
  auto const what = fmt::format("{}: unknown option '{}'", command, name);
  auto const of_others = std::ranges::find(kOptionsOfOthers, name, [](auto const& entry) { return entry.first; });
  if (command == "run" && of_others != kOptionsOfOthers.end()) return fmt::format("{}; {}", what, of_others->second);
  if (auto const near = nearest(name, options); !near.empty()) return fmt::format("{}; did you mean '{}'?", what, near);
  return fmt::format("{}; mcp-gateway {} --help lists those there are", what, command);
}

std::size_t first_word(std::span<std::string const> line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (!line[at].starts_with('-') || line[at] == "-") return at;
    if (takes_value(line[at])) ++at;
  }
  return line.size();
}

std::string not_a_file(std::span<std::string const> line, std::size_t at, WordKinds const& kinds) {
  auto const server = line.subspan(at);
  auto const& first = server.front();
  if (is_configuration(first)) return {};
  if (is_url(first)) {
    return fmt::format(
        "run: expected a configuration file or a command, found the URL '{}'; mcp-gateway runs programs and "
        "does not connect to remote servers",
        first);
  }
  auto const is_known = is_script(first) || kinds.is_program(first);
  auto const has_more = server.size() > 1 && !server[1].starts_with('-');
  auto const is_quoted = first.find(' ') != first.npos;
  if (!is_known && (kinds.is_file(first) || !(has_more || is_quoted))) return {};
  return fmt::format("run: a server's command stands behind --: {}", run_line(line.first(at), server));
}

}  // namespace gateway::cli
