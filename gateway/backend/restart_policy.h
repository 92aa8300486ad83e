// When a child that ended is started again.
#pragma once

#include <cstdint>
#include <deque>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"

namespace gateway::backend {

/// Doubling waits with jitter, and a long rest for a child that ends again and
/// again. Pure: given the time and a random number.
class RestartPolicy {
 public:
  explicit RestartPolicy(config::RestartConfig const& config) : config_(config) {}

  struct Verdict {
    Duration wait{};
    bool crash_loop = false;
  };

  /// The child ended at `now` after running for `ran`. `random` is any 64 bits.
  [[nodiscard]] Verdict ended(TimePoint now, Duration ran, std::uint64_t random);

 private:
  config::RestartConfig config_;
  Duration next_wait_{};
  std::deque<TimePoint> ends_;
};

}  // namespace gateway::backend
