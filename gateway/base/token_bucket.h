// So many a second, and the rest is counted.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "gateway/base/clock.h"

namespace gateway {

/// Allows `per_second` things a second, at most one second's worth at once.
class TokenBucket {
 public:
  explicit TokenBucket(std::size_t per_second) : per_second_(static_cast<double>(per_second)), tokens_(per_second_) {}

  [[nodiscard]] bool take(TimePoint now) {
    auto const passed = std::chrono::duration<double>(now - last_).count();
    tokens_ = std::min(per_second_, tokens_ + passed * per_second_);
    last_ = now;
    if (tokens_ < 1) {
      ++refused_;
      return false;
    }
    tokens_ -= 1;
    return true;
  }

  /// How many were refused since this was asked last.
  [[nodiscard]] std::size_t take_refused() { return std::exchange(refused_, 0); }

 private:
  double per_second_;
  double tokens_;
  TimePoint last_{};
  std::size_t refused_ = 0;
};

}  // namespace gateway
