#include "gateway/backend/environment.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace gateway::backend {

namespace {

constexpr std::array<std::string_view, 10> kPassed{"PATH", "HOME",    "LANG",  "TZ",   "TMPDIR",
                                                   "USER", "LOGNAME", "SHELL", "TERM", "LANGUAGE"};

bool is_passed(std::string_view name, config::ServiceConfig const& config) {
  return name.starts_with("LC_") || std::find(kPassed.begin(), kPassed.end(), name) != kPassed.end() ||
         std::find(config.pass_env.begin(), config.pass_env.end(), name) != config.pass_env.end();
}

}  // namespace

std::vector<std::string> child_environment(config::ServiceConfig const& config, char const* const* gateway_environment,
                                           std::vector<std::string> const& own) {
  std::map<std::string, std::string, std::less<>> variables;
  for (auto entry = gateway_environment; *entry != nullptr; ++entry) {
    std::string_view const text = *entry;
    auto const equals = text.find('=');
    if (equals == std::string_view::npos || !is_passed(text.substr(0, equals), config)) continue;
    variables.insert_or_assign(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
  }
  for (auto const& [name, value] : config.env) variables.insert_or_assign(name, value.reveal());
  for (auto const& line : own) {
    auto const equals = line.find('=');
    variables.insert_or_assign(line.substr(0, equals), line.substr(equals + 1));
  }

  std::vector<std::string> lines;
  lines.reserve(variables.size());
  for (auto const& [name, value] : variables) lines.push_back(fmt::format("{}={}", name, value));
  return lines;
}

}  // namespace gateway::backend
