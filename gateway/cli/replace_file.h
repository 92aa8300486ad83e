// Writing a file of the user's in one step.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "gateway/base/result.h"

namespace gateway::cli {

/// Whoever reads it meanwhile, or after a crash, sees the old content or the new one. A file that is there keeps its
/// mode and owner, and a link stays one; another gets `mode`.
[[nodiscard]] Status replace_file(std::string const& path, std::string_view text, mode_t mode = 0600);

/// The same, and an error where there is something of that name.
[[nodiscard]] Status create_file(std::string const& path, std::string_view text, mode_t mode = 0600);

}  // namespace gateway::cli
