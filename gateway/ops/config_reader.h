// From the text of a configuration file to a Config, or to everything that is
// wrong with it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/ops/config.h"
#include "gateway/ops/config_values.h"

namespace gateway::ops {

/// One thing that is wrong. Never holds a secret: an expanded value is shown
/// as the file has it.
struct ConfigError {
  std::string path;  ///< JSON path such as `gateway.limits.max_sessions`; for JSON syntax `line 3, column 7`
  std::string what;  ///< what was expected and what was found

  bool operator==(ConfigError const&) const = default;
};

/// Everything that is wrong, in the order of the file as far as there is one.
struct ConfigErrors {
  std::vector<ConfigError> errors;
};

/// What `${VAR}` and `${file:/path}` see.
struct Environment {
  std::function<std::optional<std::string>(std::string const& name)> variable;
  std::function<Result<std::string>(std::string const& path)> file;
};

/// The environment and the files of this process.
[[nodiscard]] Environment process_environment();

/// Reads comments and trailing commas, expands variables, checks everything.
[[nodiscard]] std::variant<Config, ConfigErrors> read_config(std::string_view text,
                                                             Environment const& environment);

}  // namespace gateway::ops
