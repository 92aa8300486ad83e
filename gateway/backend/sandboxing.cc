#include "gateway/backend/sandboxing.h"

#include <fcntl.h>

#include <string_view>

#include "gateway/io/program_path.h"

namespace gateway::backend {

namespace {

std::string_view home_in(std::vector<std::string> const& environment) {
  constexpr std::string_view kName = "HOME=";
  for (std::string_view const entry : environment)
    if (entry.starts_with(kName)) return entry.substr(kName.size());
  return {};
}

/// Absolute, or empty where there is no such program; whoever starts it says why.
std::string path_of(config::ServiceConfig const& config, std::vector<std::string> const& environment) {
  auto const& command = config.command;
  auto const is_relative = command.find('/') != command.npos && !command.starts_with('/');
  if (is_relative && !config.cwd.empty()) return config.cwd + '/' + command;
  auto path = io::find_program(command, environment, AT_FDCWD);
  return path ? *path : std::string();
}

}  // namespace

sandbox::Decision decide_sandbox(config::ServiceConfig const& config, std::vector<std::string> const& environment,
                                 sandbox::Support const& support) {
  return sandbox::decide(config, path_of(config, environment), std::string(home_in(environment)), support,
                         sandbox::this_machine());
}

}  // namespace gateway::backend
