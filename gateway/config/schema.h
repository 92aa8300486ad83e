// The configuration's JSON Schema, for editors and for the docs check.
#pragma once

#include <string>

namespace gateway::config {

/// JSON Schema (draft 2020-12) made from the same tables the reader uses.
[[nodiscard]] std::string config_schema();

}  // namespace gateway::config
