// The commands `add`, `remove` and `list`: the services of a configuration file.
#pragma once

#include <iosfwd>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// Each gives the exit code. What was done goes to `out`, what is wrong to `errors`; a file that would be wrong
/// afterwards is left as it is.
[[nodiscard]] int add_service(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int remove_service(Arguments const& arguments, std::ostream& out, std::ostream& errors);
[[nodiscard]] int list_services(Arguments const& arguments, std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
