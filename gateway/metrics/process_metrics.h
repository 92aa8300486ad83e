// What the system says of the gateway's own process.
#pragma once

#include "gateway/metrics/families.h"

namespace gateway::metrics {

/// Brings the process_ metrics up to date. A few small files of /proc.
void read_process(Families& families);

}  // namespace gateway::metrics
