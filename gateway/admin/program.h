// What the admin pages need of the program around them.
#pragma once

#include "gateway/backend/operation.h"
#include "gateway/base/ids.h"
#include "gateway/config/config.h"
#include "gateway/metrics/metrics.h"

namespace gateway::admin {

/// Implemented by the program's root; called on the first loop.
class Program {
 public:
  /// Has it done where the service lives. `tell` is called once on the first loop,
  /// perhaps before this returns; also where the service's loop does not answer.
  virtual void operate(ServiceIndex service, backend::Operation operation, backend::TellEnd tell) = 0;

  [[nodiscard]] virtual config::LogLevel log_level() const = 0;
  /// On every loop, soon.
  virtual void set_log_level(config::LogLevel level) = 0;

  /// What was counted for a service until now.
  [[nodiscard]] virtual metrics::Traffic traffic(ServiceIndex service) const = 0;

 protected:
  ~Program() = default;
};

}  // namespace gateway::admin
