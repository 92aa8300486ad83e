// Numbers of things, as people say them.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace gateway {

/// `1 service`, `2 services`; for words that take an s.
[[nodiscard]] inline std::string counted(std::size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

}  // namespace gateway
