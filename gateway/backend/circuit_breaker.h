// Whether what fails is called: closed, open, half-open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/circuit_breaker.h"

namespace gateway::backend {

enum class CircuitState : std::uint8_t {
  Closed,    ///< calls are let through, and counted
  HalfOpen,  ///< a few are let through, to see
  Open,      ///< none is
};

/// The state as health, metrics and logs call it.
[[nodiscard]] std::string_view to_text(CircuitState state);

/// What the end of a call says about who was called.
enum class CircuitVerdict : std::uint8_t {
  Success,
  Failure,
  Neither,  ///< nothing: its client took it back, or asked for nonsense
};

/// Counts how calls end, and decides about the next. A value: the time is passed in, and it calls nobody.
class CircuitBreaker {
 public:
  /// Shown when the call ends. It is good for the state in which it was given only: a call that began in an earlier one
  /// says nothing about now.
  using Permit = std::uint32_t;
  static constexpr Permit kNone = 0;
  static constexpr Permit kLastPermit = (1U << 24U) - 1;  ///< then they begin anew

  /// A trial that has not ended after `trial_patience` no longer keeps others from being begun: it may wait for its
  /// client.
  CircuitBreaker(config::CircuitBreakerConfig const& config, Duration trial_patience);

  /// Lets a call through, or rejects it: kNone. The end of one that was let through is to be told.
  [[nodiscard]] Permit admit(TimePoint now);
  void ended(Permit permit, CircuitVerdict verdict, TimePoint now);
  /// Becomes half-open when the wait is over, if no call has come.
  void tick(TimePoint now);
  /// Closes it, and forgets what it has counted.
  void reset();

  [[nodiscard]] CircuitState state() const { return state_; }
  /// After which time a call that was rejected may be let through; a guess while trials are under way.
  [[nodiscard]] Duration retry_after(TimePoint now) const;
  /// The whole wait that began when it opened last.
  [[nodiscard]] Duration wait() const { return wait_; }
  /// Why it opened last, in words; empty once it is closed.
  [[nodiscard]] std::string const& why() const { return why_; }

 private:
  static constexpr std::size_t kSlices = 10;
  struct Counts {
    std::size_t calls = 0;
    std::size_t failures = 0;
  };
  struct Trial {
    Permit permit;
    TimePoint patient_until;
  };

  [[nodiscard]] Permit next_permit();
  [[nodiscard]] Permit admit_trial(TimePoint now);
  void count(CircuitVerdict verdict, TimePoint now);
  void end_trial(Permit permit, CircuitVerdict verdict, TimePoint now);
  void slide(TimePoint now);
  void open(std::string why, TimePoint now);
  void close();
  void enter(CircuitState state);

  config::CircuitBreakerConfig config_;
  Duration trial_patience_;
  CircuitState state_ = CircuitState::Closed;
  Permit last_ = kNone;
  Permit closed_ = kNone;  ///< of all calls since it was closed last
  // closed
  std::size_t in_a_row_ = 0;
  std::array<Counts, kSlices> slices_{};
  Counts sum_{};            ///< of all slices
  std::int64_t slice_ = 0;  ///< the current one's number, since the clock's beginning
  // open
  std::string why_;
  Duration wait_{};
  TimePoint opened_until_{};
  // half-open
  std::vector<Trial> trials_;
  std::size_t successes_ = 0;
};

}  // namespace gateway::backend
