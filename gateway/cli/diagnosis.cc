#include "gateway/cli/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "gateway/base/counted.h"

namespace gateway::cli {

namespace {

constexpr Duration kSlowFirstWord = seconds(3);
constexpr Duration kSlowHandshake = seconds(1);
constexpr Duration kSlowLists = seconds(1);
/// Of a server's tools: so many are named.
constexpr std::size_t kNamed = 3;

/// Programs that look for a package, and may fetch it, before they start it.
constexpr std::array<std::string_view, 6> kFetchers{"npx", "bunx", "uvx", "uv", "pipx", "docker"};

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string largest(std::vector<ToolSize> const& tools) {
  std::string text;
  for (std::size_t i = 0; i < std::min(tools.size(), kNamed); ++i)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", tools[i].name, tokens_in(tools[i].bytes));
  return text;
}

std::size_t tokens_of(ListedTools const& server) { return tokens_in(server.raw_tools.size()); }

}  // namespace

std::vector<ToolSize> sizes_of(std::string_view raw_tools) {
  std::vector<ToolSize> sizes;
  auto const tools = nlohmann::json::parse(raw_tools, nullptr, false);
  if (!tools.is_array()) return sizes;
  for (auto const& tool : tools) {
    auto const name = tool.is_object() && tool.contains("name") && tool["name"].is_string() ? tool["name"] : "?";
    sizes.push_back({name, tool.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).size()});
  }
  std::ranges::stable_sort(sizes, [](auto const& a, auto const& b) { return a.bytes > b.bytes; });
  return sizes;
}

std::vector<std::string> advice_for(ListedTools const& server, std::string_view command) {
  std::vector<std::string> advice;
  auto const& times = server.times;
  auto const program = base_name(command);
  if (auto const waited = times.first_word - times.started; waited > kSlowFirstWord) {
    auto const fetches = std::ranges::find(kFetchers, program) != kFetchers.end();
    advice.push_back(fmt::format(
        "it says nothing for {:.1f} s: {}", to_ms(waited) / 1000,
        fetches ? fmt::format("{} looks for its package at each start; install the package, and make its program the "
                              "command",
                              program)
                : "look at what it loads or connects to before it reads its stdin"));
  }
  if (auto const took = times.ready - std::max(times.first_word, times.started); took > kSlowHandshake)
    advice.push_back(fmt::format(
        "its handshake takes {:.1f} s after its first word: whatever it waits for, it should answer initialize before",
        to_ms(took) / 1000));
  if (auto const took = times.listed - times.ready; took > kSlowLists)
    advice.push_back(
        fmt::format("its lists take {:.1f} s: clients wait for them when they connect first", to_ms(took) / 1000));
  if (server.noise_lines > 0)
    advice.push_back(fmt::format("{} on its stdout {}: have it log to stderr, since stdout is for messages",
                                 counted(server.noise_lines, "line"),
                                 server.noise_lines == 1 ? "is no message" : "are no messages"));
  auto const sizes = sizes_of(server.raw_tools);
  if (tokens_of(server) > kToolTokens)
    advice.push_back(fmt::format(
        "its tools take about {} tokens of a model's context, more than a tenth of 128,000; the largest are "
        "{}: shorten them, or let each client see fewer (gateway.policy)",
        tokens_of(server), largest(sizes)));
  if (sizes.size() > kManyTools)
    advice.push_back(
        fmt::format("it has {} tools: models choose better among at most {}; let each client see fewer "
                    "(gateway.policy)",
                    sizes.size(), kManyTools));
  return advice;
}

std::vector<std::string> advice_for_all(std::vector<ListedTools> const& servers) {
  std::size_t tokens = 0;
  std::size_t most = 0;
  for (auto const& server : servers) {
    tokens += tokens_of(server);
    most = std::max(most, tokens_of(server));
  }
  if (tokens <= kToolTokens || most > kToolTokens) return {};
  return {
      fmt::format("all servers together have tools of about {} tokens, more than a tenth of 128,000: a client that "
                  "uses all of them has little context left; give each client the services it needs (gateway.policy)",
                  tokens)};
}

}  // namespace gateway::cli
