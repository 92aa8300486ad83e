// Finds processes by an entry of their environment, even if they have left their
// process group and parent, and signals them.
#pragma once

#include <string_view>

namespace gateway::io {

/// Whether an environment entry must equal the string or begin with it.
enum class EntryMatch { Whole, Prefix };

/// Sends `signal` (0: none) to every other process whose environment has the
/// entry, and returns their number. Zombies do not count: they have no environment.
/// Allocates nothing and takes no lock, so that a forked process can call it
/// whatever the threads of its parent were doing.
int signal_marked(std::string_view entry, EntryMatch match, int signal);

/// SIGKILLs such processes until none is left, for two seconds at most: a process
/// may be stuck in the kernel. Sleeps in between. True when none is left.
bool kill_marked(std::string_view entry, EntryMatch match);

/// Waits until no such process is left, looking every 50 ms for at most `looks`
/// times. True when none is left.
bool await_marked_gone(std::string_view entry, EntryMatch match, int looks);

}  // namespace gateway::io
