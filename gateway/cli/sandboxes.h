// The sandboxes of a configuration on this machine, for the commands.
#pragma once

#include <iosfwd>
#include <string>

#include "gateway/config/config.h"
#include "gateway/sandbox/support.h"

namespace gateway::cli {

/// What the system can do to children; nothing is looked up where no service has a sandbox. Forks, and moves this process
/// into another control group if services have limits that need one: to be called early, while there is one thread.
[[nodiscard]] sandbox::Support support_for(config::Config const& config);

/// How much a configuration has `support_for` find out; each includes those before.
enum class AskedOfSystem { Nothing, Sandboxes, ControlGroups };
[[nodiscard]] AskedOfSystem asked_of_system(config::Config const& config);

/// Makes services unavailable whose sandbox this system cannot provide.
void find_sandbox_faults(config::Config& config, sandbox::Support const& support);

/// A path of the service's sandbox that is not there, in a sentence; empty where there is none. It may be there
/// when the service is started.
[[nodiscard]] std::string missing_path(config::ServiceConfig const& service, sandbox::Support const& support);

/// Lines that say what applies to the service, if it has a sandbox, and what this system cannot do.
void tell_sandbox(config::ServiceConfig const& service, sandbox::Support const& support, std::ostream& out);

}  // namespace gateway::cli
