// Any bytes as a JSON string.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

/// Appends `text` in quotes. Control characters are escaped; bytes that are no
/// UTF-8 become U+FFFD, since readers refuse or drop a text that is not.
void append_json_string(std::string& out, std::string_view text);

[[nodiscard]] std::string json_string(std::string_view text);

/// The texts as a JSON array of strings.
[[nodiscard]] std::string json_list(std::vector<std::string> const& texts);

/// The most bytes `write_json_string` writes for a text of that size.
[[nodiscard]] constexpr std::size_t json_string_room(std::size_t size) { return 6 * size + 2; }

/// As append_json_string, to a place with enough room; gives the end of what was written.
[[nodiscard]] char* write_json_string(char* to, std::string_view text);

}  // namespace gateway
