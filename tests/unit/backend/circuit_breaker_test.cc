#include "gateway/backend/circuit_breaker.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace gateway::backend {
namespace {

using Permit = CircuitBreaker::Permit;
using Verdict = CircuitVerdict;

constexpr Duration kPatience = seconds(120);

config::CircuitBreakerConfig settings() {
  return {.consecutive_failures = 3,
          .failure_rate_threshold = 0.5,
          .minimum_calls = 10,
          .window = seconds(60),
          .wait_duration = seconds(30)};
}

class CircuitBreakerTest : public ::testing::Test {
 protected:
  explicit CircuitBreakerTest(config::CircuitBreakerConfig const& config = settings()) : breaker(config, kPatience) {}

  Permit begin() { return breaker.admit(now); }
  void end(Permit permit, Verdict verdict) { breaker.ended(permit, verdict, now); }
  /// One call from its beginning to its end; false where it was rejected.
  bool call(Verdict verdict) {
    auto const permit = begin();
    if (permit == CircuitBreaker::kNone) return false;
    end(permit, verdict);
    return true;
  }
  void calls(std::size_t count, Verdict verdict) {
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(call(verdict)) << i;
  }
  void open() {
    while (breaker.state() == CircuitState::Closed) (void)call(Verdict::Failure);
  }
  void half_open() {
    open();
    now += breaker.wait();
    breaker.tick(now);
    ASSERT_EQ(CircuitState::HalfOpen, breaker.state());
  }
  [[nodiscard]] CircuitState state() const { return breaker.state(); }

  TimePoint now{seconds(5000)};
  CircuitBreaker breaker;
};

// ── closed ───────────────────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, LetsCallsThroughWhileFewFail) {
  calls(2, Verdict::Failure);
  calls(100, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
  EXPECT_EQ("", breaker.why());
  EXPECT_EQ(Duration{}, breaker.retry_after(now));
}

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  calls(3, Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
  EXPECT_EQ("3 calls failed in a row", breaker.why());
  EXPECT_FALSE(call(Verdict::Success));
}

TEST_F(CircuitBreakerTest, StartsCountingTheRowAnewAfterASuccess) {
  for (int i = 0; i < 3; ++i) {
    calls(2, Verdict::Failure);
    calls(5, Verdict::Success);
  }
  EXPECT_EQ(CircuitState::Closed, state());
}

TEST_F(CircuitBreakerTest, CountsNothingOfWhatShowsNothing) {
  for (int i = 0; i < 50; ++i) {
    calls(1, Verdict::Neither);
    if (i < 2) calls(1, Verdict::Failure);
  }
  EXPECT_EQ(CircuitState::Closed, state());
  calls(1, Verdict::Failure);  // the third in a row, whatever came in between
  EXPECT_EQ(CircuitState::Open, state());
}

TEST_F(CircuitBreakerTest, OpensWhenThePartThatFailedIsTooLarge) {
  for (int i = 0; i < 4; ++i) {
    calls(1, Verdict::Failure);
    calls(1, Verdict::Success);
  }
  calls(1, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());  // 4 of 9
  calls(1, Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
  EXPECT_EQ("5 of 10 calls failed within 60 s", breaker.why());
}

TEST_F(CircuitBreakerTest, LooksAtThePartWhenTheLastCallOfTheMinimumSucceedsToo) {
  for (int i = 0; i < 3; ++i) {
    calls(1, Verdict::Success);
    calls(2, Verdict::Failure);
  }
  EXPECT_EQ(CircuitState::Closed, state());  // 6 of 9
  calls(1, Verdict::Success);
  EXPECT_EQ(CircuitState::Open, state());
  EXPECT_EQ("6 of 10 calls failed within 60 s", breaker.why());
}

TEST_F(CircuitBreakerTest, ForgetsWhatIsOlderThanTheWindow) {
  for (int i = 0; i < 4; ++i) {
    calls(1, Verdict::Success);
    calls(1, Verdict::Failure);
  }
  now += seconds(66);
  calls(5, Verdict::Success);
  calls(2, Verdict::Failure);
  calls(3, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());  // 2 of 10; it would be 6 of 18 otherwise
  for (int i = 0; i < 10; ++i) {
    now += seconds(30);
    calls(2, Verdict::Failure);
    calls(3, Verdict::Success);
    EXPECT_EQ(CircuitState::Closed, state()) << i;
  }
}

TEST_F(CircuitBreakerTest, KeepsWhatIsWithinTheWindowWhenItSlides) {
  for (int i = 0; i < 5; ++i) {
    calls(1, Verdict::Success);
    if (i < 4) calls(1, Verdict::Failure);
    now += seconds(5);
  }
  calls(1, Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
}

class RateOnly : public CircuitBreakerTest {
 protected:
  static config::CircuitBreakerConfig of(double rate, std::size_t minimum) {
    auto config = settings();
    config.consecutive_failures = 0;
    config.failure_rate_threshold = rate;
    config.minimum_calls = minimum;
    return config;
  }
};

TEST_F(RateOnly, DoesNotCountARowThatIsNotToBeCounted) {
  breaker = CircuitBreaker(of(1, 100), kPatience);
  calls(99, Verdict::Failure);
  EXPECT_EQ(CircuitState::Closed, state());
  calls(1, Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
}

TEST_F(RateOnly, IsExactAtItsThreshold) {
  for (std::size_t tenths = 1; tenths <= 10; ++tenths) {
    breaker = CircuitBreaker(of(static_cast<double>(tenths) / 10, 10), kPatience);
    calls(10 - tenths, Verdict::Success);
    calls(tenths, Verdict::Failure);
    EXPECT_EQ(CircuitState::Open, state()) << tenths;
  }
}

TEST_F(RateOnly, NeverOpensWithoutAThreshold) {
  breaker = CircuitBreaker(of(0, 1), kPatience);
  calls(1000, Verdict::Failure);
  EXPECT_EQ(CircuitState::Closed, state());
}

// ── open ─────────────────────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, SaysUntilWhenItIsOpen) {
  open();
  EXPECT_EQ(seconds(30), breaker.retry_after(now));
  now += seconds(29);
  EXPECT_EQ(seconds(1), breaker.retry_after(now));
  EXPECT_EQ(CircuitBreaker::kNone, begin());
}

TEST_F(CircuitBreakerTest, IgnoresTheEndsOfCallsThatBeganBeforeItOpened) {
  auto const success = begin();
  auto const failure = begin();
  open();
  end(success, Verdict::Success);
  end(failure, Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
  EXPECT_EQ(seconds(30), breaker.retry_after(now));
}

TEST_F(CircuitBreakerTest, IsHalfOpenAfterTheWaitWithAndWithoutACall) {
  open();
  now += seconds(30);
  breaker.tick(now);
  EXPECT_EQ(CircuitState::HalfOpen, state());

  breaker.reset();
  open();
  now += seconds(30);
  EXPECT_NE(CircuitBreaker::kNone, begin());
  EXPECT_EQ(CircuitState::HalfOpen, state());
}

// ── half-open ────────────────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, LetsOneTrialThrough) {
  half_open();
  EXPECT_NE(CircuitBreaker::kNone, begin());
  EXPECT_EQ(CircuitBreaker::kNone, begin());
  EXPECT_GT(breaker.retry_after(now), Duration{});
}

TEST_F(CircuitBreakerTest, ClosesWhenTheTrialSucceeds) {
  half_open();
  calls(1, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
  calls(2, Verdict::Failure);
  EXPECT_EQ(CircuitState::Closed, state());  // what was counted before is forgotten
}

TEST_F(CircuitBreakerTest, OpensAgainWhenTheTrialFails) {
  half_open();
  calls(1, Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
  EXPECT_EQ("a trial call failed", breaker.why());
  EXPECT_EQ(seconds(30), breaker.retry_after(now));
}

TEST_F(CircuitBreakerTest, LetsAnotherTrialThroughWhenOneShowsNothing) {
  half_open();
  calls(3, Verdict::Neither);  // taken back, one after another
  EXPECT_EQ(CircuitState::HalfOpen, state());
  calls(1, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
}

TEST_F(CircuitBreakerTest, IgnoresLateEndsWhileItIsHalfOpenAndAfterwards) {
  auto const old = begin();
  auto const older = begin();
  half_open();
  end(old, Verdict::Success);
  EXPECT_EQ(CircuitState::HalfOpen, state());
  end(older, Verdict::Failure);
  EXPECT_EQ(CircuitState::HalfOpen, state());
  calls(1, Verdict::Success);
  for (int i = 0; i < 5; ++i) end(older, Verdict::Failure);
  EXPECT_EQ(CircuitState::Closed, state());
}

TEST_F(CircuitBreakerTest, IgnoresATrialOfAnEarlierTime) {
  half_open();
  auto const trial = begin();
  now += kPatience;
  auto const next = begin();
  end(next, Verdict::Failure);
  ASSERT_EQ(CircuitState::Open, state());
  now += breaker.wait();
  auto const third = begin();
  EXPECT_NE(trial, third);
  end(trial, Verdict::Success);
  EXPECT_EQ(CircuitState::HalfOpen, state());
  end(third, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
}

TEST_F(CircuitBreakerTest, CountsAnEndOnce) {
  half_open();
  auto const trial = begin();
  end(trial, Verdict::Neither);
  end(trial, Verdict::Failure);
  EXPECT_EQ(CircuitState::HalfOpen, state());
}

TEST_F(CircuitBreakerTest, LetsAnotherTrialThroughWhenOneTakesTooLong) {
  half_open();
  (void)begin();
  now += kPatience - milliseconds(1);
  EXPECT_EQ(CircuitBreaker::kNone, begin());
  now += milliseconds(1);
  EXPECT_NE(CircuitBreaker::kNone, begin());
  EXPECT_EQ(CircuitBreaker::kNone, begin());
}

TEST_F(CircuitBreakerTest, StillCountsTheEndOfATrialThatTookLong) {
  half_open();
  auto const slow = begin();
  now += kPatience;
  (void)begin();
  end(slow, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());

  half_open();
  auto const failing = begin();
  now += kPatience;
  (void)begin();
  end(failing, Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
}

TEST_F(CircuitBreakerTest, GoesOnWhenNoTrialEverEnds) {
  half_open();
  std::set<Permit> permits;
  for (int i = 0; i < 1000; ++i) {
    auto const permit = begin();
    EXPECT_NE(CircuitBreaker::kNone, permit);
    permits.insert(permit);
    now += kPatience;
  }
  EXPECT_EQ(1000U, permits.size());
  calls(1, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
}

class SeveralTrials : public CircuitBreakerTest {
 protected:
  static config::CircuitBreakerConfig three() {
    auto config = settings();
    config.permitted_calls_in_half_open = 3;
    return config;
  }
  SeveralTrials() : CircuitBreakerTest(three()) {}
};

TEST_F(SeveralTrials, MustAllSucceed) {
  half_open();
  std::vector<Permit> trials{begin(), begin(), begin()};
  EXPECT_EQ(CircuitBreaker::kNone, begin());
  end(trials[2], Verdict::Success);
  EXPECT_EQ(CircuitBreaker::kNone, begin());
  end(trials[0], Verdict::Success);
  EXPECT_EQ(CircuitState::HalfOpen, state());
  end(trials[1], Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
}

TEST_F(SeveralTrials, AreWastedByOneFailure) {
  half_open();
  std::vector<Permit> trials{begin(), begin(), begin()};
  end(trials[0], Verdict::Success);
  end(trials[1], Verdict::Failure);
  EXPECT_EQ(CircuitState::Open, state());
  end(trials[2], Verdict::Success);
  EXPECT_EQ(CircuitState::Open, state());
  now += breaker.wait();
  calls(2, Verdict::Success);
  EXPECT_EQ(CircuitState::HalfOpen, state());  // the success before counts no more
  calls(1, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
}

TEST_F(SeveralTrials, HaveAnotherInThePlaceOfOneThatShowedNothing) {
  half_open();
  std::vector<Permit> trials{begin(), begin(), begin()};
  end(trials[0], Verdict::Neither);
  auto const another = begin();
  EXPECT_NE(CircuitBreaker::kNone, another);
  EXPECT_EQ(CircuitBreaker::kNone, begin());
  end(trials[1], Verdict::Success);
  end(trials[2], Verdict::Success);
  end(another, Verdict::Success);
  EXPECT_EQ(CircuitState::Closed, state());
}

// ── waits that grow ──────────────────────────────────────────────────────────

class GrowingWait : public CircuitBreakerTest {
 protected:
  static config::CircuitBreakerConfig growing() {
    auto config = settings();
    config.max_wait_duration = seconds(100);
    return config;
  }
  GrowingWait() : CircuitBreakerTest(growing()) {}
};

TEST_F(GrowingWait, DoublesWithEachFailedTrialUpToItsLimit) {
  open();
  for (auto const expected : {30, 60, 100, 100}) {
    EXPECT_EQ(seconds(expected), breaker.wait());
    now += breaker.wait() - milliseconds(1);
    EXPECT_EQ(CircuitBreaker::kNone, begin());
    now += milliseconds(1);
    calls(1, Verdict::Failure);
  }
}

TEST_F(GrowingWait, BeginsAnewOnceItWasClosed) {
  half_open();
  calls(1, Verdict::Failure);
  EXPECT_EQ(seconds(60), breaker.wait());
  now += breaker.wait();
  calls(1, Verdict::Success);
  open();
  EXPECT_EQ(seconds(30), breaker.wait());
}

// ── an operator ──────────────────────────────────────────────────────────────

TEST_F(CircuitBreakerTest, IsClosedByAResetFromAnyState) {
  open();
  breaker.reset();
  EXPECT_EQ(CircuitState::Closed, state());
  EXPECT_EQ("", breaker.why());

  half_open();
  auto const trial = begin();
  breaker.reset();
  EXPECT_EQ(CircuitState::Closed, state());
  end(trial, Verdict::Failure);
  calls(2, Verdict::Failure);
  EXPECT_EQ(CircuitState::Closed, state());
  breaker.reset();
  calls(2, Verdict::Failure);
  EXPECT_EQ(CircuitState::Closed, state());
}

TEST_F(CircuitBreakerTest, TakesNoPermitThatItDidNotGive) {
  for (int i = 0; i < 5; ++i) end(CircuitBreaker::kNone, Verdict::Failure);
  for (int i = 0; i < 5; ++i) end(12345, Verdict::Failure);
  EXPECT_EQ(CircuitState::Closed, state());
  half_open();
  end(CircuitBreaker::kNone, Verdict::Success);
  EXPECT_EQ(CircuitState::HalfOpen, state());
}

// ── any order ────────────────────────────────────────────────────────────────

/// Whatever happens in whatever order, it lets no more trials through than it may, and is never stuck.
TEST_F(SeveralTrials, KeepTheirPromisesInAnyOrder) {
  std::uint64_t random = 42;
  auto const chosen = [&](std::uint64_t below) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    return (random >> 33U) % below;
  };
  std::vector<Permit> open_calls;
  std::set<Permit> trials;
  for (int step = 0; step < 200'000; ++step) {
    switch (chosen(4)) {
      case 0:
      case 1: {
        auto const permit = begin();
        if (permit == CircuitBreaker::kNone) break;
        if (state() == CircuitState::HalfOpen) trials.insert(permit);
        open_calls.push_back(permit);
        break;
      }
      case 2: {
        if (open_calls.empty()) break;
        auto const at = chosen(open_calls.size());
        end(open_calls[at], std::vector{Verdict::Success, Verdict::Failure, Verdict::Neither}[chosen(3)]);
        trials.erase(open_calls[at]);
        open_calls.erase(open_calls.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      }
      default: now += milliseconds(chosen(2000)); break;
    }
    if (state() != CircuitState::HalfOpen) trials.clear();
    if (open_calls.size() > 50) open_calls.erase(open_calls.begin());
    ASSERT_EQ(state() == CircuitState::Closed, breaker.why().empty());
    ASSERT_LE(breaker.retry_after(now), seconds(30));
  }
  for (auto const permit : open_calls) end(permit, Verdict::Neither);
  now += breaker.wait() + kPatience;
  while (state() != CircuitState::Closed) ASSERT_TRUE(call(Verdict::Success));
}

}  // namespace
}  // namespace gateway::backend
