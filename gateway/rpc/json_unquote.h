// The text that a JSON string spells.
#pragma once

#include <string>
#include <string_view>

namespace gateway::rpc {

/// The text of a JSON string given with or without its quotes, escapes resolved
/// (a lone surrogate becomes U+FFFD). Anything else is given back as it is.
[[nodiscard]] std::string unquote(std::string_view json_string);

/// True when the raw key (or string content) spells `name`, escapes resolved.
[[nodiscard]] bool spells(std::string_view raw, std::string_view name);

}  // namespace gateway::rpc
