// Regular expressions, searched for all at once.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace re2 {
class RE2;
}

namespace gateway {

/// Patterns in the syntax of RE2, which searches in a time that is linear in the text, whatever the patterns are.
class TextPatterns {
 public:
  /// What is wrong with a pattern, in words; nothing where it can be used. One that fits an empty text cannot.
  [[nodiscard]] static std::optional<std::string> fault(std::string_view pattern);
  /// The pattern that fits this text alone.
  [[nodiscard]] static std::string literal(std::string_view text);

  /// Each without a fault. An error where they cannot be used together: they are too large, or name the same group.
  [[nodiscard]] static Result<TextPatterns> together(std::vector<std::string> const& patterns);
  TextPatterns(TextPatterns&&) noexcept;
  TextPatterns& operator=(TextPatterns&&) noexcept;
  ~TextPatterns();

  /// The text with `mask` in place of each match; nothing where there is none. At a place where several patterns fit, the
  /// first given one counts.
  [[nodiscard]] std::optional<std::string> replaced(std::string_view text, std::string_view mask) const;

 private:
  explicit TextPatterns(std::unique_ptr<re2::RE2> any);

  std::unique_ptr<re2::RE2> any_;
};

}  // namespace gateway
