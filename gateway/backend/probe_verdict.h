// What the answer to a probe says of a service.
#pragma once

#include <string>
#include <string_view>

#include "gateway/config/config.h"

namespace gateway::backend {

/// Why this result is not what the probe expects; empty when it is. `raw_result`
/// is what the child sent as its result, whatever that is. `isError` counts for a
/// tool; that it is missing proves nothing, so what was expected is looked at too.
[[nodiscard]] std::string fault_of_result(config::ProbeConfig const& probe, std::string_view raw_result);

/// The same of an error a child answered with.
[[nodiscard]] std::string fault_of_error(std::string_view raw_error);

}  // namespace gateway::backend
