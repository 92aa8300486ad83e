// A secret in a file.
#pragma once

#include <optional>
#include <string>

namespace gateway::auth {

/// The content of a regular file of at most 1 MiB, without the line end that editors add. Nothing where it cannot be
/// read. Does not wait for anything.
[[nodiscard]] std::optional<std::string> stored_secret(std::string path);

}  // namespace gateway::auth
