// The part of a session token that identifies the loop its session lives on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gateway::frontend {

/// At a root path that names no service, only the session token of a legacy POST tells
/// where the request belongs. Pure, and the same on every loop.
class LoopTokens {
 public:
  /// A token begins with one letter, which identifies so many loops.
  static constexpr std::size_t kMaxLoops = 64;

  /// 1..kMaxLoops.
  explicit LoopTokens(std::size_t loops) : loops_(loops) {}

  /// What the tokens of a loop begin with; empty where there is only one loop.
  [[nodiscard]] std::string prefix(std::size_t loop) const;

  /// The loop of a token's session. Nothing for a token that no loop issued.
  [[nodiscard]] std::optional<std::size_t> loop_of(std::string_view token) const;

 private:
  std::size_t loops_;
};

}  // namespace gateway::frontend
