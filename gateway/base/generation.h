// Which of the processes that replaced each other.
#pragma once

#include <cstddef>

namespace gateway {

/// Counts the processes of a gateway, each of which replaced the one before without ending its sessions; 0 for one that
/// replaced none. It starts again after kGenerations, which is far more than there are at a time.
inline constexpr std::size_t kGenerations = 64;
/// With as many before it that have sessions, a process is not replaced: of two of them it is known which was before.
inline constexpr std::size_t kMostPredecessors = 30;

struct Generation {
  std::size_t number = 0;  ///< less than kGenerations

  [[nodiscard]] Generation next() const { return {(number + 1) % kGenerations}; }
  /// Whether it came before the other: of the two ways around, the shorter counts.
  [[nodiscard]] bool is_before(Generation other) const {
    auto const distance = (other.number + kGenerations - number) % kGenerations;
    return distance != 0 && distance < kGenerations / 2;
  }
  bool operator==(Generation const&) const = default;
};

}  // namespace gateway
