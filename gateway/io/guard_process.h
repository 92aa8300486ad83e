// The code of the guard process.
#pragma once

#include <string_view>

namespace gateway::io {

/// What the gateway sends when it stops regularly; every other message is the
/// environment entry of the processes to kill.
inline constexpr std::string_view kGoodbye = "goodbye";

/// Turns this freshly forked process into the guard that listens on `socket`.
/// When the gateway is gone, it kills all processes with `instance` (the prefix of their
/// environment entry). To be called with all signals blocked.
[[noreturn]] void run_guard(int socket, std::string_view instance);

}  // namespace gateway::io
