// What the commands that write a configuration take.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::cli {

struct Arguments;

struct ConfigurationArguments {
  std::string from{};                   ///< of `import`: the kind of the file; empty is found out
  std::string output{};                 ///< of `import`; empty is stdout
  bool force = false;                   ///< of `import`: the output may be there
  std::string name{};                   ///< of `add` and `remove`: the service
  std::vector<std::string> env{};       ///< of `add`: NAME=VALUE
  std::vector<std::string> pass_env{};  ///< of `add`
};

/// Adds the commands that write a configuration, and says what they take.
void add_configuration_commands(CLI::App& app, Arguments& arguments);

/// How it is written; empty for other commands.
[[nodiscard]] std::string usage_of_configuration_command(std::string_view command);
/// What is missing, or too much; or empty.
[[nodiscard]] std::string missing_for_configuration(Arguments const& arguments);

}  // namespace gateway::cli
