// What this build is: for `mcp-gateway version`, /health, /version, metrics and what children are told.
#pragma once

#include <string_view>

namespace gateway {

extern std::string_view const kVersion;
extern std::string_view const kRevision;
extern std::string_view const kBuildTime;  ///< of the commit, so that it does not differ between builds

}  // namespace gateway
