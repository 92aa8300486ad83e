// From the configuration of another program to one of ours. Pure: nothing is read but the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/imports/imported.h"
#include "gateway/imports/kind.h"

namespace gateway::imports {

struct Source {
  std::string_view text;
  std::optional<Kind> kind{};  ///< found out where it is not said
  std::string workspace{};     ///< what an editor calls `${workspaceFolder}`; empty where it is not known
};

/// JSON, with comments and trailing commas. The errors name a line and column, or a path within the file.
[[nodiscard]] Outcome import_file(Source const& source);

/// The same, or what is wrong with it by our own rules.
[[nodiscard]] Outcome judged(Imported imported);

}  // namespace gateway::imports
