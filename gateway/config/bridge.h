// The program that brings a remote server here: `mcp-gateway connect`, as the child of its service.
#pragma once

#include "gateway/config/config.h"
#include "gateway/config/reader.h"

namespace gateway::config {

/// Gives a service with a `url` the command that connects to it. What may be a secret, as headers are, is in its
/// environment: neither lists of processes nor logs show it.
void set_bridge(ServiceConfig& service, Environment const& environment);

}  // namespace gateway::config
