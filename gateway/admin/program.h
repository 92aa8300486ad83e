// What the admin pages need of the program around them.
#pragma once

#include "gateway/admin/canary.h"
#include "gateway/admin/reload.h"
#include "gateway/admin/upgrade.h"
#include "gateway/backend/operation.h"
#include "gateway/base/ids.h"
#include "gateway/config/config.h"
#include "gateway/frontend/directory.h"

namespace gateway::admin {

/// Implemented by the program's root; called on the first loop.
class Program {
 public:
  /// The current one; valid until the caller returns to the loop.
  [[nodiscard]] virtual frontend::Directory const& directory() const = 0;

  /// Performs an operation where the service lives. `tell` is called once on the first
  /// loop, perhaps before this returns; also if the service's loop does not answer.
  virtual void operate(ServiceKey service, backend::Operation operation, backend::TellEnd tell) = 0;

  /// Reads the configuration again, and has what differs changed. `tell` is called once, perhaps before this returns.
  virtual void reload(ReloadRequest request, TellReload tell) = 0;

  /// Starts the program anew, and lets it take the place of this one once it is ready. `tell` is called once, perhaps
  /// before this returns, and mostly much later.
  virtual void upgrade(UpgradeRequest request, TellUpgrade tell) = 0;

  /// Moves a service from one version to another, or back.
  [[nodiscard]] virtual CanaryEnd canary(CanaryRequest const& request) = 0;
  /// Of the services that have several versions.
  [[nodiscard]] virtual std::vector<ServiceVersions> versions() const = 0;

  [[nodiscard]] virtual config::LogLevel log_level() const = 0;
  /// On every loop, soon.
  virtual void set_log_level(config::LogLevel level) = 0;

 protected:
  ~Program() = default;
};

}  // namespace gateway::admin
