// What the services of a loop share.
#pragma once

#include "gateway/backend/child.h"
#include "gateway/config/config.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/session_table.h"

namespace gateway::backend {

/// What a service needs besides its own configuration. References outlive it.
struct Surroundings {
  World world;
  config::LimitsConfig const& limits;
  mcp::SessionTable& sessions;
  mcp::ClientPort& clients;
  bool one_client = false;  ///< nobody else can come in, so nothing is kept for others
};

}  // namespace gateway::backend
