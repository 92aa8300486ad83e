// Finds a child's program, or the reason why it cannot be started.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace gateway::io {

/// The path to execute for `name`: itself if it has a slash, otherwise its location in
/// the PATH of `env`. Relative paths count from the opened directory (or
/// AT_FDCWD) the program will start in. The error completes "cannot start x:".
Result<std::string> find_program(std::string_view name, std::vector<std::string> const& env, int directory);

}  // namespace gateway::io
