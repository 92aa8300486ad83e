// Whether a peer hangs, judged by what its callers get of it.
#pragma once

#include <utility>

#include "gateway/base/clock.h"

namespace gateway::backend {

/// Counts timeouts in a row during which the peer made no sound. It is never asked: a ping behind a
/// long call of a server that does one thing at a time would wait, too. Pure.
class HangDetector {
 public:
  /// A call timed out that was waited for since `started`, its time in the queue included.
  void timed_out(TimePoint started, TimePoint last_heard) { silent_ = last_heard < started ? silent_ + 1 : 0; }
  void answered() { silent_ = 0; }

  /// Whether it counts as hung; then the count begins anew.
  [[nodiscard]] bool take_verdict() {
    if (silent_ < kSilentTimeouts) return false;
    silent_ = 0;
    return true;
  }

 private:
  static constexpr int kSilentTimeouts = 3;
  int silent_ = 0;
};

}  // namespace gateway::backend
