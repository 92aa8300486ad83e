// What an owner brings for its own child.
#pragma once

#include <string>
#include <vector>

namespace gateway::mcp {

/// What the owner of a session gives its own child, and no other child ever gets.
struct OwnVariables {
  std::vector<std::string> lines{};  ///< "NAME=value"; secrets
  std::string digest{};              ///< of all of them; empty where the service takes none
};

}  // namespace gateway::mcp
