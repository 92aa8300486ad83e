// Whether a URI can be judged by how it is spelled.
#pragma once

#include <string_view>

namespace gateway {

/// False for one that may mean another resource to a server than to whoever compares its characters: dot segments, also
/// in its query; doubled slashes, backslashes, needless escapes, upper case in its scheme or host. (RFC 3986, section
/// 6.2.2)
[[nodiscard]] bool is_plain_uri(std::string_view uri);

}  // namespace gateway
