// Splitting traffic, for set-traffic-split and for monitor, which takes a version out of it.
#pragma once

#include <iosfwd>
#include <vector>

#include "gateway/cli/arguments.h"
#include "gateway/deploy/traffic.h"

namespace gateway::cli {

/// Sets the split at the HAProxy that is asked for, and keeps it in the state folder.
[[nodiscard]] deploy::TrafficFailure split_traffic(Arguments const& arguments, std::vector<deploy::Share> const& shares,
                                                   std::ostream& errors);

}  // namespace gateway::cli
