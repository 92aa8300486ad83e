// Regular expressions, searched for one after another.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"

namespace gateway {

/// Patterns in the syntax of RE2. A text is looked through once to find out which of them occur in it, and once more for
/// each of those.
class TextPatterns {
 public:
  /// What is wrong with a pattern, in words; nothing where it can be used. One that fits an empty text cannot, nor one
  /// that is very large.
  [[nodiscard]] static std::optional<std::string> fault(std::string_view pattern);

  /// Each without a fault. An error where they cannot be used together: they are too large.
  [[nodiscard]] static Result<TextPatterns> together(std::vector<std::string> const& patterns);
  TextPatterns(TextPatterns&&) noexcept;
  TextPatterns& operator=(TextPatterns&&) noexcept;
  ~TextPatterns();

  using Deadline = std::chrono::steady_clock::time_point;
  /// The text with `mask` in place of each match, pattern by pattern; nothing where there is none. A search is linear in
  /// the text, but a pattern may look through the rest of it for each match: what is left at the deadline is masked as a
  /// whole.
  [[nodiscard]] std::optional<std::string> replaced(std::string_view text, std::string_view mask,
                                                    Deadline deadline) const;

 private:
  struct All;
  explicit TextPatterns(std::unique_ptr<All> all);
  [[nodiscard]] std::vector<int> occurring_in(std::string_view text) const;

  std::unique_ptr<All> all_;
};

}  // namespace gateway
