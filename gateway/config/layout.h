// JSON as people write it: short lists and objects on one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/config/json.h"

namespace gateway::config {

/// How a file is indented.
struct Indentation {
  std::string_view step = "  ";
  std::string_view before{};  ///< of the line on which the value begins
};

/// Without a line break at its end. The first line is not indented.
[[nodiscard]] std::string laid_out(Json const& value, Indentation indentation = {});

}  // namespace gateway::config
