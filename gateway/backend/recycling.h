// When a child that has nothing to do is replaced by another run of it.
#pragma once

#include <cstddef>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"

namespace gateway::backend {

/// The label of the reason to replace it, empty when there is none.
[[nodiscard]] inline std::string_view recycle_reason(config::RecycleConfig const& config, Duration age,
                                                     std::size_t memory) {
  if (config.max_age > milliseconds{} && age >= config.max_age) return "recycle_age";
  if (config.max_memory > 0 && memory > config.max_memory) return "recycle_memory";
  return {};
}

}  // namespace gateway::backend
