#include "gateway/cli/tool_findings.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "gateway/mcp/hidden_text.h"

namespace gateway::cli {

namespace {

/// The letters and digits of a name, in lower case.
std::string folded(std::string_view name) {
  std::string letters;
  for (auto const c : name) {
    if (c == '_' || c == '-' || c == '.' || c == ' ' || c == '/') continue;
    letters.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return letters;
}

/// Of the versions of one service.
std::string_view without_version(std::string_view service) { return service.substr(0, service.find('@')); }

}  // namespace

std::vector<std::string> tool_findings(mcp::ToolLock const& tools) {
  std::vector<std::string> findings;
  std::map<std::string, std::pair<std::string, std::string>> first;  // the service and tool that have a name
  for (auto const& [service, pins] : tools) {
    for (auto const& [name, pin] : pins) {
      auto const shown = mcp::with_hidden_shown(name);
      if (auto const hidden = mcp::hidden_character(name)) {
        findings.push_back(
            fmt::format("{}: the name of the tool {} has a hidden character: {}", service, shown, *hidden));
      }
      auto const within = pin.definition.empty() ? std::nullopt : mcp::hidden_in_json(pin.definition);
      if (within)
        findings.push_back(fmt::format("{}: the tool {} has a hidden character: {}", service, shown, *within));
      auto const [other, is_new] = first.try_emplace(folded(name), service, name);
      if (is_new || without_version(other->second.first) == without_version(service)) continue;
      findings.push_back(
          other->second.second == name
              ? fmt::format("{}: the tool {} has the name of one of {}", service, shown, other->second.first)
              : fmt::format("{}: the tool {} has nearly the name of {} of {}", service, shown,
                            mcp::with_hidden_shown(other->second.second), other->second.first));
    }
  }
  return findings;
}

}  // namespace gateway::cli
