// `groups` of the file: services that are joined to one endpoint.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/json.h"

namespace gateway::config {

/// Reads all of them. Members are services of the file, `services`, by name; what is wrong is reported.
[[nodiscard]] std::vector<GroupConfig> read_groups(ConfigPlace const& place, Json const& found,
                                                   std::vector<ServiceConfig> const& services);

/// What may stand in `groups`, for the schema.
[[nodiscard]] Json groups_schema();

/// The reference of its fields, as the schema has those of a service.
[[nodiscard]] Json group_schema();

}  // namespace gateway::config
