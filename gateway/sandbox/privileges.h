// Who a process is, and what it may do as that.
#pragma once

#include <string>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/sandbox/plan.h"

namespace gateway::sandbox {

/// Names of those capabilities that a gateway needs to run children as another user, stop them and find their descendants,
/// and that this process lacks.
[[nodiscard]] std::vector<std::string> missing_for_another_user();

/// Supplementary groups go, if this process may drop them.
void drop_groups();
/// Becomes the user, for good.
[[nodiscard]] Status become(Account account);
/// No program this process executes can gain capabilities.
void limit_capabilities();
/// It has none itself any more.
[[nodiscard]] Status drop_capabilities();
[[nodiscard]] Status allow_no_new_privileges();
[[nodiscard]] Status set_limits(ResourceLimits const& limits);

}  // namespace gateway::sandbox
