#include "gateway/base/token_bucket.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

constexpr TimePoint kStart{seconds(1000)};

int taken(TokenBucket& bucket, TimePoint now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += bucket.take(now) ? 1 : 0;
  return count;
}

TEST(TokenBucket, AllowsOneSecondsWorthAtOnce) {
  TokenBucket bucket(5);
  EXPECT_EQ(5, taken(bucket, kStart, 100));
}

TEST(TokenBucket, FillsWithTime) {
  TokenBucket bucket(10);
  (void)taken(bucket, kStart, 100);
  EXPECT_EQ(5, taken(bucket, kStart + milliseconds(500), 100));
  EXPECT_EQ(0, taken(bucket, kStart + milliseconds(510), 100));
}

TEST(TokenBucket, NeverHoldsMoreThanOneSecondsWorth) {
  TokenBucket bucket(5);
  (void)taken(bucket, kStart, 100);
  EXPECT_EQ(5, taken(bucket, kStart + std::chrono::hours(1), 100));
}

TEST(TokenBucket, TellsOnceHowManyItRefused) {
  TokenBucket bucket(5);
  (void)taken(bucket, kStart, 12);
  EXPECT_EQ(7U, bucket.take_refused());
  EXPECT_EQ(0U, bucket.take_refused());
}

TEST(TokenBucket, OfNothingAllowsNothing) {
  TokenBucket bucket(0);
  EXPECT_EQ(0, taken(bucket, kStart, 3));
  EXPECT_EQ(0, taken(bucket, kStart + std::chrono::hours(1), 3));
}

}  // namespace
}  // namespace gateway
