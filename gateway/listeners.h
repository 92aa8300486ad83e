// Opening the listeners, and what to change where that fails.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/frontend/directory.h"
#include "gateway/http/server.h"
#include "gateway/io/listener.h"
#include "gateway/start_report.h"
#include "gateway/takeover.h"

namespace gateway {

/// A listener that is to be opened on a loop.
struct NewListener {
  http::ListenerTag tag{};
  io::Listener::Socket socket;
  io::TlsServer* tls = nullptr;  ///< null for plain HTTP, or where it is set later
};

/// A listener that was not there before, for the log.
struct NamedListener {
  std::string name;
  OpenListener listener;
};

/// What listens where, by a configuration, and what is to be done so that it does.
struct ListenerPlan {
  Listening listening;                           ///< then
  std::vector<std::vector<NewListener>> opened;  ///< by loop
  std::vector<http::ListenerTag> closed;         ///< on all loops
  /// Connections that were let in by rules that hold no more.
  std::vector<std::pair<http::ListenerTag, http::Server::Expelled>> expelled;
  std::optional<io::Listener::Socket> admin_opened;
  std::optional<http::Server::Expelled> admin_expelled;
  bool admin_closed = false;
  std::vector<NamedListener> named;
};

/// The configuration that is to hold, and what listened by the one before.
struct WantedListeners {
  config::GatewayConfig const& config;
  frontend::Directory const& directory;
  bool single = false;  ///< started without a file: errors mention flags instead of settings
  config::GatewayConfig const* before_config = nullptr;  ///< null at the start, as the next
  frontend::Directory const* before = nullptr;
  Listening listening{};                       ///< before
  std::vector<InheritedListener> inherited{};  ///< of the process that this one replaces; others are bound
};

/// Whether every listener may be there: whatever other machines can reach requires tokens or client certificates. The
/// error is a sentence.
[[nodiscard]] Status may_listen(config::GatewayConfig const& config,
                                std::vector<config::ServiceConfig> const& services);

/// Binds what is new: the main port once for each loop, and a service's own for its home. Addresses that stay are left
/// as they are, and inherited sockets are used where they are. The error is a sentence, and nothing is open then that was not before.
[[nodiscard]] Result<ListenerPlan> plan_listeners(WantedListeners wanted);

}  // namespace gateway
