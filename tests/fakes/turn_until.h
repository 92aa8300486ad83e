// Turns a real loop until something is so, instead of sleeping.
#pragma once

#include <chrono>

#include "gateway/io/event_loop.h"

namespace gateway::fakes {

/// False when `limit` passed first. The limit is generous: it is only reached
/// by a test that fails.
template <typename Predicate>
[[nodiscard]] bool turn_until(io::EventLoop& loop, Predicate predicate, Duration limit = seconds(10)) {
  auto const end = std::chrono::steady_clock::now() + limit;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop.turn(milliseconds(10));
  }
  return true;
}

}  // namespace gateway::fakes
