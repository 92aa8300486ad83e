// The part of a session token that identifies the process and the loop its session lives on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/generation.h"

namespace gateway::frontend {

/// A request for a session of the process before, or after, is passed on to that one. And at a root path that names no
/// service, only the session token of a legacy POST tells where the request belongs. Pure, and the same on every loop.
class LoopTokens {
 public:
  /// One letter of a token identifies so many loops.
  static constexpr std::size_t kMaxLoops = 64;

  /// 1..kMaxLoops.
  explicit LoopTokens(std::size_t loops, Generation own = {}) : loops_(loops), own_(own) {}

  /// What the tokens of a loop begin with: a letter for the process, and one for the loop where there are several.
  [[nodiscard]] std::string prefix(std::size_t loop) const;

  /// The loop of a token's session. Nothing for a token that no loop of this process issued.
  [[nodiscard]] std::optional<std::size_t> loop_of(std::string_view token) const;

  /// The process that issued a token. Nothing for what is none.
  [[nodiscard]] static std::optional<Generation> generation_of(std::string_view token);

  [[nodiscard]] Generation own() const { return own_; }

 private:
  std::size_t loops_;
  Generation own_;
};

}  // namespace gateway::frontend
