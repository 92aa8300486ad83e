// The instance that a profile describes, for the commands about deployments.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/cli/arguments.h"
#include "gateway/config/config.h"
#include "gateway/deploy/state_folder.h"

namespace gateway::cli {

struct Target {
  config::Config config;
  GatewayAddress health;  ///< where health and metrics are asked for: the admin listener, or else the main one
  GatewayAddress main;
  std::string_view ready;  ///< the page that is answered 200 once requests are served; not every listener has each
};

/// Reads the configuration of the profile. What is wrong goes to `errors`.
[[nodiscard]] std::optional<Target> find_target(Arguments const& arguments, std::ostream& errors);

[[nodiscard]] deploy::StateFolder state_of(Arguments const& arguments);

/// What the program ends with where something could not be asked: whether nobody answered at all, or not in time.
[[nodiscard]] int exit_code_of(Error const& error);

/// What was asked for, or what is usual where nothing was.
[[nodiscard]] inline std::chrono::milliseconds or_usual(std::chrono::milliseconds asked,
                                                        std::chrono::milliseconds usual) {
  return asked.count() > 0 ? asked : usual;
}

/// A variable of the environment, where the option was not given.
[[nodiscard]] std::string or_variable(std::string const& option, char const* variable, std::string_view usual);

}  // namespace gateway::cli
