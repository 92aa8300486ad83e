// Characters that a person does not see, and a model reads.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::mcp {

/// The first hidden character of a text in UTF-8, as "U+202E, a bidirectional control"; nothing where there is none. Those
/// are controls other than line breaks and tabs (with them ANSI escapes), bidirectional controls, characters without width,
/// fillers, and tags. Joiners within emoji are not among them.
[[nodiscard]] std::optional<std::string> hidden_character(std::string_view text);

/// The same of the strings within a JSON value, with the place: "U+202E, a bidirectional control, in
/// inputSchema.properties.path.description". `raw` is valid JSON.
[[nodiscard]] std::optional<std::string> hidden_in_json(std::string_view raw);

/// The text as a person should see it: hidden characters as \u{202E}, line breaks as \n.
[[nodiscard]] std::string with_hidden_shown(std::string_view text);

}  // namespace gateway::mcp
