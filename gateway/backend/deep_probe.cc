#include "gateway/backend/deep_probe.h"

#include <utility>

namespace gateway::backend {

bool DeepProbe::judged(TimePoint now, Duration took, std::string fault, std::uint64_t random) {
  asking_ = false;
  if (!fault.empty() && !std::exchange(retrying_, true)) {
    next_ = now;
    return false;
  }
  retrying_ = false;
  judged_at_ = now;
  took_ = took;
  fault_ = std::move(fault);
  schedule(now, random);
  auto const before = std::exchange(standing_, fault_.empty() ? Standing::Passed : Standing::Failed);
  return before != standing_;
}

void DeepProbe::dropped(TimePoint now, std::uint64_t random) {
  asking_ = false;
  schedule(now, random);
}

void DeepProbe::forget() {
  asking_ = retrying_ = false;
  standing_ = Standing::Unknown;
  fault_.clear();
  next_ = {};
}

/// Up to a tenth earlier or later, so that services which started together are
/// not probed together.
void DeepProbe::schedule(TimePoint now, std::uint64_t random) {
  auto const tenth = std::chrono::duration_cast<Duration>(config_.interval) / 10;
  auto const spread = static_cast<std::uint64_t>(2 * tenth.count() + 1);
  next_ = now + config_.interval - tenth + Duration(static_cast<Duration::rep>(random % spread));
}

}  // namespace gateway::backend
