// What the system said of a call that failed.
#pragma once

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "gateway/base/result.h"

namespace gateway::sandbox {

/// "WHAT: the meaning of errno".
[[nodiscard]] inline Error errno_error(std::string_view what) {
  return Error{fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace gateway::sandbox
