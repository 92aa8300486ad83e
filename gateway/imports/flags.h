// The flags of another program's command line, as its own parser takes them apart.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace gateway::imports {

/// How many words a flag takes.
enum class Takes { None, One, Two, Any, Some, PerhapsOne };

struct FlagForm {
  std::string_view name;      ///< with its dashes, in camel case where the program has both spellings
  std::string_view letter{};  ///< `-e`
  Takes takes = Takes::One;
};

struct SeenFlag {
  std::string name;
  std::vector<std::string> values;
};

struct SeenLine {
  std::vector<SeenFlag> flags;         ///< those known, in their order
  std::vector<std::string> unknown;    ///< flags
  std::vector<std::string> handed_on;  ///< flags that are not known, and are among the words as well
  std::vector<std::string> words;      ///< what is no flag, and what stands behind "--"
};

/// What becomes of a flag that is not known: supergateway forgets it with its value; behind the command of mcp-proxy it
/// is an argument of that.
enum class Unknown { WithValue, OfTheCommand };

/// The error names a flag that lacks its value.
[[nodiscard]] Result<SeenLine> read_flags(std::span<std::string const> line, std::span<FlagForm const> forms,
                                          Unknown unknown);

}  // namespace gateway::imports
