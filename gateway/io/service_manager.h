// What the program tells the service manager that started it: systemd's sd_notify protocol, without its library.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/result.h"

namespace gateway::io {

/// Whoever started the program and waits to hear that it is ready. Each state is one
/// datagram, such as "READY=1" or "STOPPING=1\nSTATUS=waiting for 2 calls".
class ServiceManager {
 public:
  /// `address`: NOTIFY_SOCKET of the environment, a path or @NAME; empty where nobody waits.
  explicit ServiceManager(std::string address = {}) : address_(std::move(address)) {}
  /// The one of this process. The variable is taken out of the environment.
  static ServiceManager from_environment();

  /// Never blocks. Does nothing where nobody waits. The error is a sentence.
  [[nodiscard]] Status notify(std::string_view state) const;

 private:
  std::string address_;
};

}  // namespace gateway::io
