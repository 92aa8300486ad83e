// The program between the gateway and a child's own: it puts itself into the sandbox and becomes the child.
#pragma once

#include <string_view>

namespace gateway::sandbox {

/// What a line on stderr begins with if it could not, and the exit status that follows.
inline constexpr std::string_view kFailureFront = "mcp-gateway: its sandbox: ";
inline constexpr int kFailureStatus = 125;

/// `words`, of which the last is null: those of a plan, "--", the path of the program, and its arguments from the name
/// on. Executes it in the sandbox with this process's environment; only returns if that failed, with the exit status.
[[nodiscard]] int enter(char* const* words);

}  // namespace gateway::sandbox
