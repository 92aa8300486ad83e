// YAML as the tree that JSON would be. The only user of libyaml.
#pragma once

#include <optional>
#include <string_view>

#include "gateway/imports/imported.h"

namespace gateway::imports {

/// Whether a text is YAML rather than JSON, which begins with a brace, perhaps after comments.
[[nodiscard]] bool looks_like_yaml(std::string_view text);

/// The first document. What is wrong goes to `report`, with its line and column; empty when there is no object to read.
/// Plain words that YAML takes for numbers or booleans are those; anchors and their like are refused.
[[nodiscard]] std::optional<Json> parse_yaml(std::string_view text, config::ConfigReport& report);

}  // namespace gateway::imports
