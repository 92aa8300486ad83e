// A service that is a remote server: how it is reached.
#pragma once

#include <cstdint>

namespace gateway::config {

/// Which transport a URL is spoken to by.
enum class RemoteTransport : std::uint8_t {
  Auto,  ///< found out
  Http,  ///< Streamable HTTP
  Sse,   ///< HTTP with SSE of 2024-11-05
};

}  // namespace gateway::config
