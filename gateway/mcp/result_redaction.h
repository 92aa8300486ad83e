// Takes out of what a server sends what is not meant for its clients.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/needles.h"
#include "gateway/base/text_patterns.h"

namespace gateway::mcp {

/// What is taken out.
struct RedactionRules {
  std::vector<std::string> secrets{};   ///< wherever these stand
  bool keys = false;                    ///< what is shaped like a key: of well-known services, a JWT, a private key
  std::vector<std::string> patterns{};  ///< as TextPatterns reads them
};

/// Replaces texts within JSON strings, however they are escaped. Names of members stay, so the structure does, too, and so
/// do cursors and states, which are for the server alone.
class ResultRedaction {
 public:
  static constexpr std::string_view kMask = "***";

  /// Of rules that take out something. The errors are those of TextPatterns.
  [[nodiscard]] static Result<ResultRedaction> by(RedactionRules const& rules);

  /// The JSON value with kMask in place of each match; nothing where there is none.
  [[nodiscard]] std::optional<std::string> redacted(std::string_view json) const;

 private:
  ResultRedaction(Needles secrets, TextPatterns patterns)
      : secrets_(std::move(secrets)), patterns_(std::move(patterns)) {}
  [[nodiscard]] std::optional<std::string> redacted_text(std::string_view text, TextPatterns::Deadline deadline) const;
  [[nodiscard]] std::optional<std::string> redacted_string(std::string_view quoted,
                                                           TextPatterns::Deadline deadline) const;

  Needles secrets_;
  TextPatterns patterns_;
};

}  // namespace gateway::mcp
