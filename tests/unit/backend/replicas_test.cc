#include "gateway/backend/replicas.h"

#include <gtest/gtest.h>

#include <vector>

namespace gateway::backend {
namespace {

TEST(Reluctance, PrefersTheChildWithFewestSessionsAmongThoseThatAreThere) {
  EXPECT_LT(reluctance(ChildState::Ready, 1), reluctance(ChildState::Ready, 2));
  EXPECT_LT(reluctance(ChildState::Ready, 100), reluctance(ChildState::Starting, 0));
  EXPECT_LT(reluctance(ChildState::Starting, 1), reluctance(ChildState::Backoff, 2));
  EXPECT_LT(reluctance(ChildState::Backoff, 100), reluctance(ChildState::CrashLoop, 0));
}

TEST(Reluctance, WakesASleepingChildOnlyWhenAllOthersAreUsed) {
  EXPECT_LT(reluctance(ChildState::Ready, 0), reluctance(ChildState::Asleep, 0));
  EXPECT_LT(reluctance(ChildState::Asleep, 0), reluctance(ChildState::Ready, 1));
}

}  // namespace
}  // namespace gateway::backend
