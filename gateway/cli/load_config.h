// A configuration from a file, for the commands.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/config/reader.h"

namespace gateway::cli {

/// What a wrong command line or configuration ends the program with.
inline constexpr int kUsageError = 2;

/// Reads and checks the file. Everything that is wrong with it goes to `errors`, with
/// what else is to be noted, and nothing is given then.
[[nodiscard]] std::optional<config::Config> load_config(std::string const& path, std::ostream& errors);

/// What was read of a file, or what is wrong with it, and of what files.
struct LoadedConfig {
  std::variant<config::Config, config::ConfigErrors> read;
  std::vector<std::string> files;  ///< the file itself first, then those it names, as far as they were looked for
};
/// Reading a pipe, or a device, may take for ever: not for a gateway that serves.
enum class ReadFrom { Anything, Files };
/// The same. The error is a sentence: the file itself cannot be read.
[[nodiscard]] Result<LoadedConfig> load_config(std::string const& path, ReadFrom from);

/// Keeps the services named; all when none is. False, with a sentence, when a
/// name is not in the file.
[[nodiscard]] bool keep_services(config::Config& config, std::vector<std::string> const& names, std::ostream& errors);

}  // namespace gateway::cli
