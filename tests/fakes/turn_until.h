// Turns a real loop until something is so, instead of sleeping.
#pragma once

#include <chrono>

#include "gateway/io/event_loop.h"

namespace gateway::fakes {

/// How long a test waits for what a correct program does. It is only reached by a test that fails, however busy the
/// machine is.
inline constexpr Duration kPatience = seconds(120);

/// False when kPatience passed first.
template <typename Predicate>
[[nodiscard]] bool turn_until(io::EventLoop& loop, Predicate predicate) {
  auto const end = std::chrono::steady_clock::now() + kPatience;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.turn(milliseconds(10));
  }
  return true;
}

}  // namespace gateway::fakes
