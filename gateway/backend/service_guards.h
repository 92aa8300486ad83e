// What all children of a service share that watches their calls and tools.
#pragma once

#include "gateway/backend/circuits.h"
#include "gateway/backend/tool_pins.h"

namespace gateway::backend {

/// Each is null where it is not configured. What they point to is the Service's, and outlives its children.
struct ServiceGuards {
  Circuits* circuits = nullptr;
  ToolPins* pins = nullptr;
};

}  // namespace gateway::backend
