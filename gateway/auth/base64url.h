// Base64 for URLs, without padding (RFC 7515, section 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway::auth {

/// The bytes that `text` encodes; nothing unless it is canonical.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace gateway::auth
