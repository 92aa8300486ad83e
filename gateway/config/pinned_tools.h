// Tools that an operator has reviewed, and what is done about others.
#pragma once

#include <cstdint>
#include <string>

namespace gateway::config {

enum class OnDrift : std::uint8_t {
  Warn,    ///< everything is served, and it is said
  Hide,    ///< tools that were not reviewed as they are now are neither listed nor called
  Refuse,  ///< the service is not served
};

/// Where the reviewed tools are, and what is done when a server offers others.
struct PinnedToolsConfig {
  std::string file{};  ///< an absolute path
  OnDrift on_drift = OnDrift::Warn;

  bool operator==(PinnedToolsConfig const&) const = default;
};

}  // namespace gateway::config
