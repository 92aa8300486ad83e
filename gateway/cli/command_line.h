// The program as it is called: the command line is read, and its command done.
#pragma once

#include <string>
#include <vector>

namespace gateway::cli {

/// `words` are the command line's without the program's own name. Gives the exit code.
[[nodiscard]] int run_command_line(std::vector<std::string> words);

}  // namespace gateway::cli
