// The command `import`: a configuration of ours from that of another program.
#pragma once

#include <iosfwd>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// The exit code. The configuration goes to `out` or a file, what is not taken and what is wrong to `errors`.
[[nodiscard]] int import_configuration(Arguments const& arguments, std::ostream& out, std::ostream& errors);

}  // namespace gateway::cli
