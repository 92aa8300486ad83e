#include "gateway/imports/bridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <utility>

#include "gateway/config/values.h"

namespace gateway::imports {

std::optional<Bridge> bridge_named(std::string_view name) {
  if (name == "supergateway") return Bridge::Supergateway;
  if (name == "mcp-proxy") return Bridge::McpProxy;
  return std::nullopt;
}

std::optional<FoundBridge> find_bridge(std::span<std::string const> words) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string_view word = words[at];
    word = word.substr(word.rfind('/') + 1);          // of a path, a scope, or an image
    word = word.substr(0, word.find_first_of("@:"));  // the version
    if (auto const bridge = bridge_named(word)) return FoundBridge{*bridge, at + 1};
  }
  return std::nullopt;
}

Result<BridgeLine> read_bridge(Bridge bridge, std::span<std::string const> flags) {
  return bridge == Bridge::Supergateway ? read_supergateway(flags) : read_mcp_proxy(flags);
}

Json entry_of_line(std::string const& flag, std::string const& text, Quoting quoting, BridgeLine& line) {
  auto split = split_words(text, quoting);
  if (!split || split->words.empty()) {
    if (quoting == Quoting::Plain)
      line.remarks.push_back({flag, "Its quotes are not closed, so it is given to sh, which says what is wrong"});
    else
      line.remarks.push_back(
          {flag, "Run by sh, as its command is more than words; variables it uses belong in pass_env"});
    return {{"command", "sh"}, {"args", {"-c", as_literal(text)}}};
  }
  std::ranges::move(split->variables, std::back_inserter(line.variables));
  auto& words = split->words;
  Json entry{{"command", words.front()}};
  if (words.size() > 1) entry["args"] = std::vector<std::string>(words.begin() + 1, words.end());
  return entry;
}

Result<int> port_of(std::string_view flag, std::string_view text) {
  int port = -1;
  auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem == std::errc{} && end == text.data() + text.size() && port >= 0 && port <= 65535) return port;
  return Error{fmt::format("{}: expected a port in 0..65535, found '{:.60}'", flag, text)};
}

void allow_origin(std::string const& flag, std::string const& origin, BridgeLine& line) {
  if (config::is_origin(origin)) {
    line.gateway["allowed_origins"].push_back(origin);
  } else {
    line.remarks.push_back({flag, fmt::format("Not taken: expected an origin such as https://chat.example.com, found "
                                              "'{:.60}'; pages of this machine may call without it",
                                              origin)});
  }
}

}  // namespace gateway::imports
