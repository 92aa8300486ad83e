// Opening the listeners, and what to change where that fails.
#pragma once

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/frontend/directory.h"
#include "gateway/http/server.h"
#include "gateway/loops.h"
#include "gateway/start_report.h"
#include "gateway/tls_listeners.h"

namespace gateway {

/// What listens where.
struct Listeners {
  config::GatewayConfig const& config;
  frontend::Directory const& directory;
  Loops& loops;         ///< the main port is every loop's, a service's own that of its home
  http::Server& admin;  ///< on the first loop
  TlsListeners const& tls;
  bool single = false;  ///< started without a file: errors mention flags instead of settings
};

/// Opens all of them; gives their ports. The error is a sentence.
[[nodiscard]] Result<Listening> open_listeners(Listeners const& listeners);

}  // namespace gateway
