// What a client sends is validated whole before a shared child sees a byte of it.
#pragma once

#include <optional>
#include <string_view>

namespace gateway::rpc {

/// Nesting above this is refused: deeper than any real message, shallower than
/// any stack.
inline constexpr int kMaxDepth = 128;

enum class JsonFault { Malformed, TooDeep, BadUtf8 };

/// Checks that `text` is exactly one JSON value (RFC 8259) in valid UTF-8, with
/// optional white space around it.
[[nodiscard]] std::optional<JsonFault> validate(std::string_view text);

}  // namespace gateway::rpc
