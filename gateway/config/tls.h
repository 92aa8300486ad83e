// What the TLS settings of the listeners are together with the rest.
#pragma once

#include <functional>
#include <string>

#include "gateway/config/json.h"

namespace gateway::config {

/// Reports settings of client certificates that contradict others; notes settings that have no effect, and listeners that
/// were probably meant to have TLS, too. `path_of` is the place of a
/// service in the file. The files that are named are not looked at.
void check_tls(ConfigReport& report, Config const& config,
               std::function<std::string(ServiceConfig const&)> const& path_of);

/// Whether each client of a service must show a certificate, by whatever listener it comes.
[[nodiscard]] bool everybody_is_certified(GatewayConfig const& gateway, ServiceConfig const& service);

}  // namespace gateway::config
