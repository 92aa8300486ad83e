// What the TLS settings of the listeners are together with the rest.
#pragma once

#include <functional>
#include <string>

#include "gateway/config/json.h"

namespace gateway::config {

/// Notes settings that have no effect, and listeners that were probably meant to have TLS, too. `path_of` is the place of a
/// service in the file. The files that are named are not looked at.
void check_tls(ConfigReport& report, Config const& config,
               std::function<std::string(ServiceConfig const&)> const& path_of);

}  // namespace gateway::config
