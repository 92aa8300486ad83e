// Requests that were not let in, as the operator is told.
#pragma once

#include <cstddef>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/token_bucket.h"
#include "gateway/log/log.h"
#include "gateway/metrics/metrics.h"

namespace gateway::frontend {

struct Visit;

/// Counts all of them. Log and audit have at most ten a second: guessing tokens must not fill the disk.
class Denials {
 public:
  Denials(Clock const& clock, log::Log& log, metrics::Metrics& metrics) : clock_(clock), log_(log), metrics_(metrics) {}

  /// `reason` is one of a closed set. `shown` is logged: what the client sent that was not accepted, but never a token.
  void denied(Visit const& visit, std::string_view reason, std::string_view shown = {});
  /// The same of a client that was not let in before it could ask for anything.
  void uncertified(std::string_view reason, std::string_view why, std::string_view remote);

 private:
  static constexpr std::size_t kPerSecond = 10;

  Clock const& clock_;
  log::Log& log_;
  metrics::Metrics& metrics_;
  TokenBucket logged_{kPerSecond};
};

}  // namespace gateway::frontend
