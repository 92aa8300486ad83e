// What an issuer says of a principal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::auth {

/// The value of a claim that is a string, a number or a flag. `claims` is a raw JSON object, or empty; `name` one of its
/// members, or a JSON pointer through objects (RFC 6901).
[[nodiscard]] std::optional<std::string> claim_text(std::string_view claims, std::string_view name);

/// Whether a claim, or an element of it where it is a list, fits one of the patterns.
[[nodiscard]] bool has_claim(std::string_view claims, std::string_view name, std::vector<std::string> const& patterns);

}  // namespace gateway::auth
