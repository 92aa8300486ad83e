#include "gateway/backend/recycling.h"

#include <gtest/gtest.h>

namespace gateway::backend {
namespace {

TEST(Recycling, HasNoReasonByDefault) { EXPECT_EQ("", recycle_reason({}, std::chrono::hours(1000), config::kGiB)); }

TEST(Recycling, IsForAgeOrMemory) {
  config::RecycleConfig const config{.max_age = seconds(60), .max_memory = config::kMiB};

  EXPECT_EQ("", recycle_reason(config, seconds(59), config::kMiB));
  EXPECT_EQ("recycle_age", recycle_reason(config, seconds(60), 0));
  EXPECT_EQ("recycle_memory", recycle_reason(config, seconds(1), config::kMiB + 1));
}

}  // namespace
}  // namespace gateway::backend
