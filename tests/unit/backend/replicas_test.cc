#include "gateway/backend/replicas.h"

#include <gtest/gtest.h>

#include <vector>

namespace gateway::backend {
namespace {

TEST(Reluctance, PrefersTheChildWithFewestSessionsAmongThoseThatAreThere) {
  EXPECT_LT(reluctance(PeerState::Ready, 1), reluctance(PeerState::Ready, 2));
  EXPECT_LT(reluctance(PeerState::Ready, 100), reluctance(PeerState::Starting, 0));
  EXPECT_LT(reluctance(PeerState::Starting, 1), reluctance(PeerState::Backoff, 2));
  EXPECT_LT(reluctance(PeerState::Backoff, 100), reluctance(PeerState::CrashLoop, 0));
}

TEST(Reluctance, WakesASleepingChildOnlyWhenAllOthersAreUsed) {
  EXPECT_LT(reluctance(PeerState::Ready, 0), reluctance(PeerState::Asleep, 0));
  EXPECT_LT(reluctance(PeerState::Asleep, 0), reluctance(PeerState::Ready, 1));
}

}  // namespace
}  // namespace gateway::backend
