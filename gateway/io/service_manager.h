// Notifies the service manager that started the program: systemd's sd_notify protocol, without its library.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/result.h"

namespace gateway::io {

/// The service manager, which waits for the program to be ready. Each state is one
/// datagram, such as "READY=1" or "STOPPING=1\nSTATUS=waiting for 2 calls".
class ServiceManager {
 public:
  /// `address`: NOTIFY_SOCKET of the environment, a path or @NAME; empty if there is no service manager.
  explicit ServiceManager(std::string address = {}) : address_(std::move(address)) {}
  /// That of this process. Removes the variable from the environment.
  static ServiceManager from_environment();

  /// For a process that is to notify it, too; empty if there is none.
  [[nodiscard]] std::string const& address() const { return address_; }

  /// Never blocks. Does nothing without a service manager. The error is a sentence.
  [[nodiscard]] Status notify(std::string_view state) const;

 private:
  std::string address_;
};

}  // namespace gateway::io
