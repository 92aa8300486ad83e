#include "gateway/backend/restart_policy.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace gateway::backend {
namespace {

constexpr TimePoint kFirstEnd{seconds(1000)};
constexpr std::uint64_t kRandoms[] = {0, 1, 12345, UINT64_MAX / 2, UINT64_MAX};

config::RestartConfig config() {
  return {.backoff_initial = milliseconds(100),
          .backoff_max = milliseconds(1000),
          .max_restarts = 100,
          .window = seconds(60),
          .crash_loop_pause = seconds(30),
          .stable_after = seconds(10)};
}

TEST(RestartPolicy, WaitsBetweenHalfOfTheBackoffAndAllOfIt) {
  for (auto const random : kRandoms) {
    auto const verdict = RestartPolicy(config()).ended(kFirstEnd, {}, random);
    EXPECT_GE(verdict.wait, milliseconds(50));
    EXPECT_LE(verdict.wait, milliseconds(100));
    EXPECT_FALSE(verdict.crash_loop);
  }
}

TEST(RestartPolicy, DoublesTheWaitUpToItsLimit) {
  RestartPolicy policy(config());
  for (auto const half : {50, 100, 200, 400, 500, 500}) {
    EXPECT_EQ(milliseconds(half), policy.ended(kFirstEnd, {}, 0).wait);
  }
}

TEST(RestartPolicy, BeginsAnewAfterAStableRun) {
  RestartPolicy policy(config());
  for (int i = 0; i < 5; ++i) (void)policy.ended(kFirstEnd, {}, 0);
  EXPECT_EQ(milliseconds(50), policy.ended(kFirstEnd, seconds(10), 0).wait);
  EXPECT_EQ(milliseconds(100), policy.ended(kFirstEnd, seconds(9), 0).wait);
}

TEST(RestartPolicy, RestsOnceAChildEndedTooOften) {
  auto few = config();
  few.max_restarts = 2;
  RestartPolicy policy(few);
  EXPECT_FALSE(policy.ended(kFirstEnd, {}, 0).crash_loop);
  EXPECT_FALSE(policy.ended(kFirstEnd, {}, 0).crash_loop);
  auto const third = policy.ended(kFirstEnd, {}, 0);
  EXPECT_TRUE(third.crash_loop);
  EXPECT_EQ(seconds(30), third.wait);
}

TEST(RestartPolicy, CountsOnlyEndsWithinTheWindow) {
  auto few = config();
  few.max_restarts = 2;
  RestartPolicy policy(few);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(policy.ended(kFirstEnd + seconds(31 * i), {}, 0).crash_loop) << i;
}

TEST(RestartPolicy, BeginsAnewAfterItsRest) {
  auto few = config();
  few.max_restarts = 1;
  RestartPolicy policy(few);
  (void)policy.ended(kFirstEnd, {}, 0);
  EXPECT_TRUE(policy.ended(kFirstEnd, {}, 0).crash_loop);
  auto const next = policy.ended(kFirstEnd + seconds(30), {}, 0);
  EXPECT_FALSE(next.crash_loop);
  EXPECT_EQ(milliseconds(50), next.wait);
}

TEST(RestartPolicy, RestsAtOnceWhereNoRestartIsAllowed) {
  auto none = config();
  none.max_restarts = 0;
  EXPECT_TRUE(RestartPolicy(none).ended(kFirstEnd, std::chrono::hours(5), 0).crash_loop);
}

}  // namespace
}  // namespace gateway::backend
