// The server's side of a listener with TLS.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "gateway/io/tls_identity.h"
#include "gateway/io/tls_session.h"

namespace gateway::io {

/// Owned by the program's root, shared by the loops that listen, and outlives their connections. May be used from several
/// threads: the lock is held to open a connection's session and to replace the identity.
class TlsServer {
 public:
  explicit TlsServer(TlsIdentity identity) : identity_(std::move(identity)) {}

  /// For a connection that was just accepted.
  [[nodiscard]] std::unique_ptr<TlsSession> accept() {
    std::scoped_lock const lock(mutex_);
    return std::make_unique<TlsSession>(identity_.context(), identity_.name());
  }

  /// What connections are shown from now on. Those that are open go on as they are.
  void replace(TlsIdentity identity) {
    std::scoped_lock const lock(mutex_);
    identity_ = std::move(identity);
  }

 private:
  std::mutex mutex_;
  TlsIdentity identity_;
};

}  // namespace gateway::io
