// What the commands about deployments end with.
#pragma once

namespace gateway::deploy {

inline constexpr int kWell = 0;
inline constexpr int kCheckFailed = 1;
inline constexpr int kWrongUsage = 2;  ///< the command line or the configuration
inline constexpr int kCannotConnect = 3;
inline constexpr int kTookTooLong = 4;
inline constexpr int kRolledBack = 5;

}  // namespace gateway::deploy
