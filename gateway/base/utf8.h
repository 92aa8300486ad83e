// Well-formed UTF-8 (Unicode 15, table 3-7): no surrogates, no overlong forms.
#pragma once

#include <cstddef>
#include <string_view>

namespace gateway {

/// The length of the well-formed sequence at the front of `text`, or 0.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace gateway
