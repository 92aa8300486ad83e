// Base64 (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway {

/// The bytes that `text` encodes. Nothing unless it is canonical: whole groups of four, padded, without unused bits
/// set and without other characters.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// The canonical encoding of `bytes`.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace gateway
