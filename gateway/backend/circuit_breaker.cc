#include "gateway/backend/circuit_breaker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/base/counted.h"

namespace gateway::backend {

namespace {

/// What who is rejected while trials are under way is told to wait.
constexpr Duration kWaitForTrial = seconds(1);
/// Trials beyond their patience that are remembered: how they end still counts.
constexpr std::size_t kMostOverdue = 32;

std::string failed_in_a_row(std::size_t failures) {
  return fmt::format("{} failed in a row", counted(failures, "call"));
}

std::string failed_of(std::size_t failures, std::size_t calls, milliseconds window) {
  return fmt::format("{} of {} failed within {:g} s", failures, counted(calls, "call"), to_ms(window) / 1000);
}

}  // namespace

std::string_view to_text(CircuitState state) {
  switch (state) {
    case CircuitState::Closed: return "closed";
    case CircuitState::HalfOpen: return "half_open";
    case CircuitState::Open: return "open";
  }
  return "closed";
}

CircuitBreaker::CircuitBreaker(config::CircuitBreakerConfig const& config, Duration trial_patience)
    : config_(config), trial_patience_(trial_patience) {
  close();
}

CircuitBreaker::Permit CircuitBreaker::next_permit() {
  last_ = last_ == kLastPermit ? 1 : last_ + 1;
  return last_;
}

// ── what is let through ──────────────────────────────────────────────────────

CircuitBreaker::Permit CircuitBreaker::admit(TimePoint now) {
  tick(now);
  switch (state_) {
    case CircuitState::Closed: return closed_;
    case CircuitState::HalfOpen: return admit_trial(now);
    case CircuitState::Open: return kNone;
  }
  return kNone;
}

CircuitBreaker::Permit CircuitBreaker::admit_trial(TimePoint now) {
  auto const under_way =
      std::count_if(trials_.begin(), trials_.end(), [&](Trial const& trial) { return trial.patient_until > now; });
  if (static_cast<std::size_t>(under_way) + successes_ >= config_.permitted_calls_in_half_open) return kNone;
  // The first is the oldest, and as many as are permitted are not overdue.
  if (trials_.size() >= config_.permitted_calls_in_half_open + kMostOverdue) trials_.erase(trials_.begin());
  trials_.push_back({next_permit(), now + trial_patience_});
  return trials_.back().permit;
}

void CircuitBreaker::tick(TimePoint now) {
  if (state_ == CircuitState::Open && now >= opened_until_) enter(CircuitState::HalfOpen);
}

Duration CircuitBreaker::retry_after(TimePoint now) const {
  switch (state_) {
    case CircuitState::Closed: return Duration{};
    case CircuitState::HalfOpen: return kWaitForTrial;
    case CircuitState::Open: return std::max(opened_until_ - now, Duration{});
  }
  return Duration{};
}

// ── how it ended ─────────────────────────────────────────────────────────────

void CircuitBreaker::ended(Permit permit, CircuitVerdict verdict, TimePoint now) {
  switch (state_) {
    case CircuitState::Closed:
      if (permit == closed_ && verdict != CircuitVerdict::Neither) count(verdict, now);
      return;
    case CircuitState::HalfOpen: return end_trial(permit, verdict, now);
    case CircuitState::Open: return;
  }
}

void CircuitBreaker::count(CircuitVerdict verdict, TimePoint now) {
  auto const failed = verdict == CircuitVerdict::Failure;
  slide(now);
  auto& slice = slices_[static_cast<std::size_t>(slice_) % kSlices];
  ++slice.calls;
  ++sum_.calls;
  if (failed) {
    ++slice.failures;
    ++sum_.failures;
  }
  in_a_row_ = failed ? in_a_row_ + 1 : 0;
  if (config_.consecutive_failures > 0 && in_a_row_ >= config_.consecutive_failures) {
    return open(failed_in_a_row(in_a_row_), now);
  }
  if (config_.failure_rate_threshold <= 0 || sum_.calls < config_.minimum_calls) return;
  // So that 0.7 of 10 calls is 7, whatever a product of doubles is.
  constexpr double kRounding = 1e-9;
  auto const limit = config_.failure_rate_threshold * static_cast<double>(sum_.calls) - kRounding;
  if (sum_.failures > 0 && static_cast<double>(sum_.failures) >= limit) {
    open(failed_of(sum_.failures, sum_.calls, config_.window), now);
  }
}

/// Leaves out of the sum what is older than the window.
void CircuitBreaker::slide(TimePoint now) {
  auto const length = std::max<std::int64_t>(Duration(config_.window).count() / static_cast<std::int64_t>(kSlices), 1);
  auto const current = now.time_since_epoch().count() / length;
  auto const passed = std::min<std::int64_t>(current - slice_, kSlices);
  for (std::int64_t i = 0; i < passed; ++i) {
    auto& oldest = slices_[static_cast<std::size_t>(current - i) % kSlices];
    sum_.calls -= oldest.calls;
    sum_.failures -= oldest.failures;
    oldest = {};
  }
  slice_ = std::max(slice_, current);
}

void CircuitBreaker::end_trial(Permit permit, CircuitVerdict verdict, TimePoint now) {
  auto const trial =
      std::find_if(trials_.begin(), trials_.end(), [&](Trial const& each) { return each.permit == permit; });
  if (trial == trials_.end()) return;
  trials_.erase(trial);
  switch (verdict) {
    case CircuitVerdict::Neither: return;
    case CircuitVerdict::Failure: return open("a trial call failed", now);
    case CircuitVerdict::Success:
      if (++successes_ >= config_.permitted_calls_in_half_open) close();
      return;
  }
}

// ── from state to state ──────────────────────────────────────────────────────

void CircuitBreaker::open(std::string why, TimePoint now) {
  auto const again = state_ == CircuitState::HalfOpen;
  auto const longest = std::max<Duration>(config_.max_wait_duration, config_.wait_duration);
  wait_ = again ? std::min(wait_ * 2, longest) : Duration(config_.wait_duration);
  opened_until_ = now + wait_;
  why_ = std::move(why);
  enter(CircuitState::Open);
}

void CircuitBreaker::close() {
  why_.clear();
  wait_ = {};
  closed_ = next_permit();
  enter(CircuitState::Closed);
}

void CircuitBreaker::reset() { close(); }

/// What it has counted in one state means nothing in the next.
void CircuitBreaker::enter(CircuitState state) {
  state_ = state;
  in_a_row_ = 0;
  slices_ = {};
  sum_ = {};
  trials_.clear();
  successes_ = 0;
}

}  // namespace gateway::backend
