// Namespaces a child is put into.
#pragma once

#include "gateway/base/result.h"

namespace gateway::sandbox {

enum class Network { Shared, Own };

/// Puts this process into a user namespace of its own, in which it has the same user and group, and with `Own` into a
/// network that has only loopback. Needs a single thread. Gives all capabilities in there, which are to be dropped.
[[nodiscard]] Status enter_namespaces(Network network);

}  // namespace gateway::sandbox
