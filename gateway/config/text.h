// Texts that are no JSON: what they are instead.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::config {

/// What can be said before a text is read: that it is empty, of another encoding, or no
/// text. A sentence with what to do.
[[nodiscard]] std::optional<std::string> not_a_text(std::string_view text);

/// Where and why a text is no JSON although it was meant to be, or which format it has
/// instead. Only for one that could not be read.
struct OtherFormat {
  std::string where;  ///< "the file" or "line 3"
  std::string what;
};
[[nodiscard]] std::optional<OtherFormat> other_format(std::string_view text);

/// Where the comment or text that begins at `at` ends; `at` when there is none.
[[nodiscard]] std::size_t skip_comment_or_text(std::string_view json, std::size_t at);

}  // namespace gateway::config
