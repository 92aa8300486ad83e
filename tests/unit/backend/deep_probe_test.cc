#include "gateway/backend/deep_probe.h"

#include <gtest/gtest.h>

namespace gateway::backend {
namespace {

constexpr TimePoint kStart{seconds(1000)};

struct DeepProbeTest : ::testing::Test {
  config::ProbeConfig config{.tool = "health", .interval = seconds(60)};
  DeepProbe probe{config};
};

TEST_F(DeepProbeTest, AsksAtOnceAndOneQuestionAtATime) {
  EXPECT_EQ(DeepProbe::Standing::Unknown, probe.standing());
  EXPECT_TRUE(probe.due(kStart));
  probe.begin();
  EXPECT_FALSE(probe.due(kStart + seconds(1000)));
}

TEST_F(DeepProbeTest, AsksAgainAfterTheIntervalGiveOrTakeATenth) {
  auto const first_due_after = [&](std::uint64_t random) {
    probe.begin();
    (void)probe.judged(kStart, milliseconds(3), "", random);
    auto wait = seconds(0);
    while (!probe.due(kStart + wait)) ++wait;
    return wait;
  };
  auto const spread = static_cast<std::uint64_t>(Duration(seconds(12)).count());

  EXPECT_EQ(seconds(54), first_due_after(0));
  EXPECT_EQ(seconds(60), first_due_after(spread / 2));
  EXPECT_EQ(seconds(66), first_due_after(spread));
  EXPECT_EQ(seconds(54), first_due_after(spread + 1));
}

TEST_F(DeepProbeTest, AsksOnceMoreBeforeAFailureCounts) {
  probe.begin();
  EXPECT_FALSE(probe.judged(kStart, milliseconds(1), "conn closed", 7));
  EXPECT_EQ(DeepProbe::Standing::Unknown, probe.standing());
  EXPECT_TRUE(probe.due(kStart));
  probe.begin();
  EXPECT_TRUE(probe.judged(kStart, milliseconds(2), "", 7));
  EXPECT_EQ(DeepProbe::Standing::Passed, probe.standing());
}

TEST_F(DeepProbeTest, FailsAtTheSecondFailureInARowAndSaysWhy) {
  probe.begin();
  (void)probe.judged(kStart, milliseconds(1), "first", 7);
  probe.begin();
  EXPECT_TRUE(probe.judged(kStart + seconds(1), milliseconds(2), "second", 7));

  EXPECT_EQ(DeepProbe::Standing::Failed, probe.standing());
  EXPECT_EQ("second", probe.fault());
  EXPECT_EQ(kStart + seconds(1), probe.judged_at());
  EXPECT_EQ(milliseconds(2), probe.took());
  EXPECT_FALSE(probe.due(kStart + seconds(2)));
}

TEST_F(DeepProbeTest, TellsAChangeOnce) {
  for (auto const changed : {true, false}) {
    probe.begin();
    EXPECT_EQ(changed, probe.judged(kStart, milliseconds(1), "", 7));
  }
}

TEST_F(DeepProbeTest, KeepsWhatItKnowsWhenNoAnswerCame) {
  probe.begin();
  (void)probe.judged(kStart, milliseconds(1), "", 7);
  probe.begin();
  probe.dropped(kStart, 7);

  EXPECT_EQ(DeepProbe::Standing::Passed, probe.standing());
  EXPECT_FALSE(probe.due(kStart));
  EXPECT_TRUE(probe.due(kStart + seconds(66)));
}

TEST_F(DeepProbeTest, KnowsNothingOfANewRun) {
  for (int i = 0; i < 2; ++i) {
    probe.begin();
    (void)probe.judged(kStart, milliseconds(1), "down", 7);
  }
  probe.forget();

  EXPECT_EQ(DeepProbe::Standing::Unknown, probe.standing());
  EXPECT_EQ("", probe.fault());
  EXPECT_TRUE(probe.due(kStart));
}

}  // namespace
}  // namespace gateway::backend
