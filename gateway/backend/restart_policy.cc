#include "gateway/backend/restart_policy.h"

#include <algorithm>

namespace gateway::backend {

RestartPolicy::Verdict RestartPolicy::ended(TimePoint now, Duration ran, std::uint64_t random) {
  if (ran >= config_.stable_after || next_wait_ == Duration{}) next_wait_ = config_.backoff_initial;

  ends_.push_back(now);
  while (now - ends_.front() > config_.window) ends_.pop_front();
  if (ends_.size() > config_.max_restarts) {
    ends_.clear();
    next_wait_ = {};
    return {config_.crash_loop_pause, true};
  }

  // Between half of the wait and all of it, so that children which ended
  // together do not start together.
  auto const half = next_wait_ / 2;
  auto const jitter = Duration(static_cast<Duration::rep>(random % static_cast<std::uint64_t>(half.count() + 1)));
  auto const wait = half + jitter;
  next_wait_ = std::min<Duration>(next_wait_ * 2, config_.backoff_max);
  return {wait, false};
}

}  // namespace gateway::backend
