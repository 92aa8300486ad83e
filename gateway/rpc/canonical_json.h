// One text for all JSON texts that mean the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::rpc {

/// The value without white space, the members of each object in the order of their names, and strings with as few escapes
/// as JSON allows. Numbers stay as they are written. Nothing where the text is not one valid JSON value, or an object has a
/// member twice: readers disagree on what that means.
[[nodiscard]] std::optional<std::string> canonical_json(std::string_view text);

}  // namespace gateway::rpc
