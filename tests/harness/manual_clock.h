// A clock that stands still until a test moves it.
#pragma once

#include <algorithm>

#include "gateway/base/clock.h"

namespace gateway::harness {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  /// Never back.
  void set(TimePoint now) { now_ = std::max(now_, now); }

 private:
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);
};

}  // namespace gateway::harness
