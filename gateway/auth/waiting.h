// Decisions that take an answer of another server.
#pragma once

#include <cstdint>

namespace gateway::auth {

/// What requests wait for: an answer, which may be awaited by many. Never the same again.
enum class WaitId : std::uint64_t {};

/// Makes them, and is told when one is over.
class Waits {
 public:
  [[nodiscard]] virtual WaitId begin() = 0;
  /// The requests that wait for it can be decided now. Nobody who holds anything is on the call stack.
  virtual void end(WaitId wait) = 0;

 protected:
  ~Waits() = default;
};

}  // namespace gateway::auth
