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
#include "gateway/config/config.h"
#include "gateway/config/values.h"

namespace gateway::config {

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
  std::vector<ConfigWarning> notes{};  ///< what else there is to say of the file
};

/// What a configuration sees of the machine: `${VAR}`, `${file:/path}` and included
/// files, and what services need.
struct Environment {
  std::function<std::optional<std::string>(std::string const& name)> variable;
  std::function<Result<std::string>(std::string const& path)> file;
  /// Whether there is a file or folder; nothing is there where this is not set.
  std::function<bool(std::string const& path)> exists{};
  /// Whether a service's child would find a program; none where this is not set.
  std::function<bool(ServiceConfig const& service, std::string const& program)> program{};
  /// The file of this program, which connects to remote servers.
  std::string own_program = "/proc/self/exe";
};

/// A file that is laid over a configuration: what differs in one environment. See profile.h.
struct Profile {
  std::string name;    ///< what to call the file where something is wrong with it
  std::string text;    ///< what stands in it
  std::string folder;  ///< its own, which is `${dir}` there
};

/// The environment and the files of this process. Whoever knows how children find
/// programs sets `program`.
[[nodiscard]] Environment process_environment();

/// Reads comments and trailing commas, includes files, expands variables, checks
/// everything. `folder` is that of the file: `${dir}`, and where relative paths
/// of included files begin. `profile`, if there is one, is laid over it first.
[[nodiscard]] std::variant<Config, ConfigErrors> read_config(std::string_view text, Environment const& environment,
                                                             std::string_view folder = ".",
                                                             Profile const* profile = nullptr);

}  // namespace gateway::config
