// A command line in one string, as a shell would take it apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::imports {

struct SplitLine {
  std::vector<std::string> words;  ///< as they stand in a configuration: `$NAME` is `${NAME}`, a plain `${` is `$${`
  std::vector<std::string> variables;  ///< that they refer to
};

/// Who takes a line apart: a shell, or somebody who only knows quotes and backslashes.
enum class Quoting { OfAShell, Plain };

/// The words of a line that needs no shell, with quotes and backslashes undone. Empty for one that only a shell
/// understands (pipes, globs, several commands), and for quotes that are not closed.
[[nodiscard]] std::optional<SplitLine> split_words(std::string_view line, Quoting quoting);

/// A text as it must stand in a configuration to be meant as it is.
[[nodiscard]] std::string as_literal(std::string text);

}  // namespace gateway::imports
