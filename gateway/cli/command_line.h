// The program as it is called: the command line is read, and its command done.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway::cli {

/// `words` are the command line's without the program's own name, `called_as`. Under the name health-check it is the
/// command of that name; under others the first word says the command. Gives the exit code.
[[nodiscard]] int run_command_line(std::string_view called_as, std::vector<std::string> words);

}  // namespace gateway::cli
