// What the commands about deployments take.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::cli {

struct Arguments;

struct DeploymentArguments {
  std::string state{};  ///< the state folder; empty is the usual one
  bool json = false;
  std::chrono::milliseconds timeout{0};      ///< 0: what is usual for the command
  bool validate_first = false;               ///< of `deploy`
  std::string version{};                     ///< of `deploy`: what to call it; of `rollback`: where to
  bool database = false;                     ///< of `health-check`
  bool external_services = false;            ///< of `health-check`
  std::string output{};                      ///< of `export-state`
  bool comprehensive = false;                ///< of `validate`
  std::chrono::milliseconds stability{0};    ///< of `validate`
  std::string token_file{};                  ///< of `validate`
  std::chrono::milliseconds duration{0};     ///< of `monitor`
  std::chrono::milliseconds interval{0};     ///< of `monitor`
  std::chrono::milliseconds window{0};       ///< of `monitor`; 0: what the triggers say
  std::chrono::milliseconds slow_window{0};  ///< of `monitor`; 0: what the triggers say
  std::size_t least_calls = 0;               ///< of `monitor`
  std::string primary{};                     ///< of `monitor`: the profile to compare with
  bool auto_rollback = false;                ///< of `monitor`
  std::string socket{};                      ///< of `set-traffic-split`, and `monitor --auto-rollback`
  std::string backend{};                     ///< the same
  std::vector<std::string> shares{};         ///< of `set-traffic-split`
  bool restore = false;                      ///< of `set-traffic-split`
};

/// Adds the commands about deployments, and says what they take.
void add_deployment_commands(CLI::App& app, Arguments& arguments);

[[nodiscard]] bool is_deployment_command(std::string_view command);
/// How it is written; empty for other commands.
[[nodiscard]] std::string usage_of_deployment(std::string_view command);
/// What is missing, or empty.
[[nodiscard]] std::string missing_in(Arguments const& arguments);

}  // namespace gateway::cli
