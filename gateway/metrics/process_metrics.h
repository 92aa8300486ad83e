// Metrics of the gateway's own process.
#pragma once

#include "gateway/metrics/families.h"

namespace gateway::metrics {

/// Updates the process_ metrics, from a few small files of /proc.
void read_process(Families& families);

}  // namespace gateway::metrics
