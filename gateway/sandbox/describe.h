// A sandbox in words, for people.
#pragma once

#include <string>

#include "gateway/sandbox/plan.h"

namespace gateway::sandbox {

/// What applies, as a list with semicolons. Of files only those of the service, not those of the system.
[[nodiscard]] std::string describe(Plan const& plan);

}  // namespace gateway::sandbox
