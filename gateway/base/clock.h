// Time as the program sees it: monotonic, read once a turn of the loop.
#pragma once

#include <chrono>

namespace gateway {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Where "now" comes from. The loop reads the machine's clock once a turn; a
/// test sets the time by hand.
class Clock {
 public:
  Clock() = default;
  Clock(Clock const&) = delete;
  Clock& operator=(Clock const&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
};

/// A span as fractional milliseconds, for logs.
inline double to_ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

}  // namespace gateway
