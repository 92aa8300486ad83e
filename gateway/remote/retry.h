// How long to wait before a connection is tried again.
#pragma once

#include <algorithm>
#include <optional>

#include "gateway/base/clock.h"

namespace gateway::remote {

/// Doubles with each try that failed, and is never shorter than what the server asked for.
class Retry {
 public:
  explicit Retry(int most_tries) : most_tries_(most_tries) {}

  /// The wait before the next try. Nothing: it was tried often enough.
  [[nodiscard]] std::optional<milliseconds> next(std::optional<milliseconds> asked_for) {
    if (most_tries_ > 0 && tries_ >= most_tries_) return std::nullopt;
    auto const doubled = kFirst * (1 << std::min(tries_, kDoublings));
    ++tries_;
    return std::max(doubled, asked_for.value_or(milliseconds{0}));
  }
  /// One succeeded.
  void succeeded() { tries_ = 0; }
  [[nodiscard]] int tries() const { return tries_; }

 private:
  static constexpr milliseconds kFirst{200};
  static constexpr int kDoublings = 7;  ///< up to 25.6 s

  int most_tries_;  ///< 0 is no limit
  int tries_ = 0;
};

}  // namespace gateway::remote
