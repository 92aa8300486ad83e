// Writing a file of the user's in one step.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/io/unique_fd.h"

namespace gateway::cli {

/// Whoever reads it meanwhile, or after a crash, sees the old content or the new one. A file that is there keeps its
/// mode and owner, and a link stays one; another gets `mode`.
[[nodiscard]] Status replace_file(std::string const& path, std::string_view text, mode_t mode = 0600);

/// The same, and an error where there is something of that name.
[[nodiscard]] Status create_file(std::string const& path, std::string_view text, mode_t mode = 0600);

/// Of those who hold a file, one at a time reads and replaces it: waits for its turn. Empty where there is no such file;
/// an error where it is none that could be replaced, such as a pipe.
[[nodiscard]] Result<io::UniqueFd> hold_file(std::string const& path);

}  // namespace gateway::cli
