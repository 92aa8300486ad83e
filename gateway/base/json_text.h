// Any bytes as a JSON string.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

/// Appends `text` in quotes. Control characters are escaped; bytes that are no
/// UTF-8 become U+FFFD, since readers refuse or drop a text that is not.
void append_json_string(std::string& out, std::string_view text);

[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace gateway
