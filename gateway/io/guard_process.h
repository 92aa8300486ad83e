// The inside of the guard: what the forked process does until its end.
#pragma once

#include <string_view>

namespace gateway::io {

/// What the gateway sends when it ends in order; every other message is the
/// environment entry whose carriers are to be killed.
inline constexpr std::string_view kGoodbye = "goodbye";

/// Turns this freshly forked process into the guard that listens on `socket`.
/// All carriers of `instance` (the begin of their environment entry) are its
/// business when the gateway is gone. To be called with all signals blocked.
[[noreturn]] void run_guard(int socket, std::string_view instance);

}  // namespace gateway::io
