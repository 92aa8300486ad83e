#include "gateway/round.h"

#include <gtest/gtest.h>

#include <string>

namespace gateway {
namespace {

class RoundTest : public ::testing::Test {
 protected:
  TimePoint asked;
  std::vector<std::optional<std::string>> told;
  RoundOf<std::string> round{2, asked + seconds(2), [this](auto said) { told = std::move(said); }};
};

TEST_F(RoundTest, IsCompleteWhenEveryLoopWasHeard) {
  EXPECT_FALSE(round.is_complete());
  round.hear(1, "second");
  EXPECT_FALSE(round.is_complete());
  round.hear(0, "first");
  EXPECT_TRUE(round.is_complete());
}

TEST_F(RoundTest, TellsWhatEachLoopSaidAndWhichWasSilent) {
  round.hear(1, "second");
  round.finish();
  ASSERT_EQ(2U, told.size());
  EXPECT_EQ(std::nullopt, told[0]);
  EXPECT_EQ("second", told[1]);
}

TEST_F(RoundTest, IsLateWhenItsPatienceIsOver) {
  EXPECT_FALSE(round.is_late(asked + seconds(2) - milliseconds(1)));
  EXPECT_TRUE(round.is_late(asked + seconds(2)));
}

}  // namespace
}  // namespace gateway
