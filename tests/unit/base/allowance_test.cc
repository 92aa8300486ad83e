#include "gateway/base/allowance.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace gateway {
namespace {

TEST(Allowance, GivesAsManySharesAsItHas) {
  Allowance two(2);
  auto const a = two.take();
  auto const b = two.take();
  EXPECT_TRUE(a && b);
  EXPECT_FALSE(two.take());
  EXPECT_EQ(2U, two.taken());
}

TEST(Allowance, GetsAShareBackWhenItEnds) {
  Allowance one(1);
  { auto const share = one.take(); }
  EXPECT_EQ(0U, one.taken());
  auto share = one.take();
  EXPECT_TRUE(share);
  share = {};
  EXPECT_TRUE(one.take());
}

TEST(Allowance, CountsAShareThatMovesOnce) {
  Allowance one(1);
  auto first = one.take();
  auto second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the point
  EXPECT_TRUE(second);
  EXPECT_EQ(1U, one.taken());
  first = std::move(second);
  second = {};
  EXPECT_EQ(1U, one.taken());
}

TEST(Allowance, IsNeverOverdrawnByManyThreads) {
  constexpr std::size_t kLimit = 3;
  Allowance few(kLimit);
  std::atomic<bool> overdrawn{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        auto const one = few.take();
        auto const another = few.take();
        if (few.taken() > kLimit) overdrawn = true;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(overdrawn);
  EXPECT_EQ(0U, few.taken());
}

}  // namespace
}  // namespace gateway
