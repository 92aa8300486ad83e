// The text that a JSON string spells.
#pragma once

#include <string>
#include <string_view>

namespace gateway::rpc {

/// The text of a JSON string given with or without its quotes, escapes resolved
/// (a lone surrogate becomes U+FFFD). Anything else is given back as it is.
[[nodiscard]] std::string unquote(std::string_view json_string);

/// Whether a JSON string, given with its quotes, spells the text.
[[nodiscard]] bool spells(std::string_view json_string, std::string_view text);

}  // namespace gateway::rpc
