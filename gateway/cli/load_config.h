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

/// A configuration, as it is named on a command line.
struct ConfigFiles {
  std::string file;       ///< `-` is stdin
  std::string profile{};  ///< the name of the profile that is laid over it; empty is none
};

/// The file where none is named: $MCP_GATEWAY_CONFIG, else gateway.json of this folder, else the package's.
[[nodiscard]] std::string usual_config_file();

/// A profile's file: profiles/NAME.json beside the configuration.
[[nodiscard]] std::string profile_file(ConfigFiles const& files);

/// What stands in the two files, before anything of it is checked.
struct ConfigTexts {
  std::string text;
  std::string folder;  ///< of the file, as a whole path
  std::optional<config::Profile> profile;
};
[[nodiscard]] Result<ConfigTexts> read_config_texts(ConfigFiles const& files);

/// Reads and checks the file. Everything that is wrong with it goes to `errors`, with
/// what else is to be noted, and nothing is given then.
[[nodiscard]] std::optional<config::Config> load_config(ConfigFiles const& files, std::ostream& errors);

/// What was read of a file, or what is wrong with it, and of what files.
struct LoadedConfig {
  std::variant<config::Config, config::ConfigErrors> read;
  std::vector<std::string>
      files;  ///< the file itself first, then its profile's and those it names, as far as they were looked for
};
/// Reading a pipe, or a device, may take for ever: not for a gateway that serves.
enum class ReadFrom { Anything, Files };
/// The same. The error is a sentence: the file itself cannot be read.
[[nodiscard]] Result<LoadedConfig> load_config(ConfigFiles const& files, ReadFrom from);

/// Keeps the services named; all when none is. False, with a sentence, when a
/// name is not in the file.
[[nodiscard]] bool keep_services(config::Config& config, std::vector<std::string> const& names, std::ostream& errors);

}  // namespace gateway::cli
