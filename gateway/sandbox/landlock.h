// Landlock: which files, TCP ports and other processes a process reaches.
#pragma once

#include "gateway/base/result.h"
#include "gateway/sandbox/plan.h"

namespace gateway::sandbox {

/// The version of the kernel's interface; 0 where there is none.
[[nodiscard]] int landlock_version();

/// Restricts this process, for good. Needs no_new_privs. The error names the path that cannot be opened.
[[nodiscard]] Status restrict_reach(Plan const& plan);

}  // namespace gateway::sandbox
