// One object in the text of a JSON file with comments, and changes to it that leave everything else as it stands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/json.h"

namespace gateway::config {

/// Where a member stands: from the quote of its key to behind its value.
struct MemberSpan {
  std::string key;
  std::size_t begin = 0;
  std::size_t value = 0;  ///< where the value begins
  std::size_t end = 0;
};

struct ObjectSpan {
  std::size_t begin = 0;  ///< its brace
  std::size_t end = 0;    ///< behind its closing brace
  std::vector<MemberSpan> members{};

  [[nodiscard]] MemberSpan const* find(std::string_view key) const;
};

/// The object whose brace is the first character from `at` on that is neither blank nor in a comment; empty for another
/// value. `json` is a text that could be read.
[[nodiscard]] std::optional<ObjectSpan> object_at(std::string_view json, std::size_t at);

/// The text with one member more, behind the others, in the indentation of the file.
[[nodiscard]] std::string with_member(std::string_view json, ObjectSpan const& object, std::string_view key,
                                      Json const& value);

/// The text without a member and the comment at the end of its last line. Comments before it stay.
[[nodiscard]] std::string without_member(std::string_view json, ObjectSpan const& object, MemberSpan const& member);

}  // namespace gateway::config
