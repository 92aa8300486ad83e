// What to type instead, for command lines that are not understood.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/arguments.h"

namespace gateway::cli {

/// Words as a shell would take them again.
[[nodiscard]] std::string shell_words(std::span<std::string const> words);

/// The first word is no command: what was meant, from the whole of the line. `server` is what stands behind "--".
[[nodiscard]] std::string unknown_command(std::span<std::string const> words, std::span<std::string const> server,
                                          std::span<std::string_view const> commands, WordKinds const& kinds);

/// An option `command` does not have: the nearest of those it has, or what stands here
/// for the option of another program.
[[nodiscard]] std::string unknown_option(std::string_view command, std::string_view option,
                                         std::span<std::string_view const> options);

/// Where in `line`, which follows `run`, the first word stands that is no option and no
/// option's value; its size where there is none.
[[nodiscard]] std::size_t first_word(std::span<std::string const> line);

/// Why the word at `at` in `line`, which follows `run`, is no configuration file but a
/// command without "--"; empty when it is a file.
[[nodiscard]] std::string not_a_file(std::span<std::string const> line, std::size_t at, WordKinds const& kinds);

}  // namespace gateway::cli
