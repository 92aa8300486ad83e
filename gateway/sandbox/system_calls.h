// seccomp: system calls that no MCP server needs are refused.
#pragma once

#include "gateway/base/result.h"
#include "gateway/sandbox/plan.h"

namespace gateway::sandbox {

/// Whether the kernel has filters of system calls.
[[nodiscard]] bool has_system_call_filters();

/// Installs the filter in this process, for good. Sets no_new_privs.
[[nodiscard]] Status refuse_system_calls(Plan const& plan);

}  // namespace gateway::sandbox
