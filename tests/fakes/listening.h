// Listeners of tests: on loopback, at a port that the system chooses.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "gateway/http/server.h"

namespace gateway::fakes {

/// Returns the port; 0, and a failed test, where nothing can listen.
inline std::uint16_t listen_on_loopback(http::Server& server, http::ListenerTag tag = {},
                                        io::TlsServer* tls = nullptr) {
  auto socket = io::Listener::bind("127.0.0.1", 0, io::Listener::Port::Own);
  EXPECT_TRUE(socket) << socket.error().what;
  if (!socket) return 0;
  auto const port = socket->port;
  server.listen(*std::move(socket), tag, tls);
  return port;
}

}  // namespace gateway::fakes
