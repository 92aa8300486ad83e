// What a run of the load has seen.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "bench/load/options.h"

namespace bench {

/// Counts calls only while it is told that it is time, and what went wrong always.
class Tally {
 public:
  void call(Clock::duration took) {
    if (!measuring_) return;
    took_.push_back(static_cast<std::uint32_t>(std::chrono::nanoseconds(took).count() / 100));
  }
  void comment() { ++comments_; }
  /// A session got what it did not ask for.
  void wrong(std::string_view what) {
    ++wrong_;
    tell(what);
  }
  /// A session got nothing, or an error.
  void failed(std::string_view what) {
    ++failed_;
    tell(what);
  }

  void begin() {
    measuring_ = true;
    from_ = Clock::now();
  }
  void end() {
    measuring_ = false;
    until_ = Clock::now();
    std::sort(took_.begin(), took_.end());
  }

  [[nodiscard]] Clock::time_point from() const { return from_; }
  [[nodiscard]] double seconds() const { return Seconds(until_ - from_).count(); }
  [[nodiscard]] std::size_t calls() const { return took_.size(); }
  [[nodiscard]] std::size_t comments() const { return comments_; }
  [[nodiscard]] std::size_t wrong() const { return wrong_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }
  [[nodiscard]] double percentile_us(double part) const {
    if (took_.empty()) return 0;
    auto const place = static_cast<std::size_t>(part * static_cast<double>(took_.size()));
    return took_[std::min(took_.size() - 1, place)] / 10.0;
  }

 private:
  void tell(std::string_view what) const {
    if (wrong_ + failed_ <= 3) fmt::print(stderr, "bench-load: {}\n", what.substr(0, 300));
  }

  bool measuring_ = false;
  Clock::time_point from_;
  Clock::time_point until_;
  std::vector<std::uint32_t> took_;  ///< tenths of a microsecond
  std::size_t comments_ = 0;
  std::size_t wrong_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace bench
