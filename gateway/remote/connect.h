// The root of a process that brings a remote server to its client.
#pragma once

#include "gateway/remote/settings.h"

namespace gateway::remote {

/// stdin and stdout are the client's, stderr is the log. Returns once it has ended.
void connect(Settings settings);

}  // namespace gateway::remote
