// The commands about deployments: deploy, rollback and stop, and those that judge what runs.
#pragma once

#include <iosfwd>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// Each gives the exit code (deploy/exit_codes.h). What was done or found goes to `out`, what is wrong to `errors`.
[[nodiscard]] int deploy_profile(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int roll_back(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int stop_profile(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int validate_config(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int check_health(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int validate_instance(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int monitor(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int export_state(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int set_traffic_split(Arguments const& arguments, std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
