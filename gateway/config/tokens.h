// What the fields of bearer tokens must be together.
#pragma once

#include <vector>

#include "gateway/config/json.h"

namespace gateway::config {

/// Reports tokens whose secret is missing or given twice, and names that stand twice. `tokens` were read from `found`.
void check_tokens(ConfigPlace const& place, Json const& found, std::vector<AuthToken>& tokens);

}  // namespace gateway::config
