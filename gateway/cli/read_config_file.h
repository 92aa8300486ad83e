// The text of a configuration file, or why it cannot be had.
#pragma once

#include <string>

#include "gateway/base/result.h"

namespace gateway::cli {

/// `-` is stdin. The error says what stands in the way and what was looked for.
[[nodiscard]] Result<std::string> read_config_file(std::string const& path);

/// What to call it where something is said of it.
[[nodiscard]] std::string name_of_config(std::string const& path);

}  // namespace gateway::cli
