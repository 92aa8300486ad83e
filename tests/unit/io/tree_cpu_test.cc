// How the CPU of a tree of processes is added up from look to look.
#include <gtest/gtest.h>

#include "gateway/io/process_usage.h"

namespace gateway::io {
namespace {

ProcessUsage process(pid_t pid, Duration cpu, Duration ended_children = {}, std::uint64_t start = 1) {
  ProcessUsage usage;
  usage.pid = pid;
  usage.start = start;
  usage.cpu = cpu;
  usage.ended_children = ended_children;
  return usage;
}

class TreeCpuTest : public ::testing::Test {
 protected:
  TreeCpu cpu;
};

TEST_F(TreeCpuTest, AddsUpWhatEachUsed) {
  EXPECT_EQ(seconds(5), cpu.look({process(1, seconds(2)), process(2, seconds(3))}));
  EXPECT_EQ(seconds(9), cpu.look({process(1, seconds(3)), process(2, seconds(6))}));
}

TEST_F(TreeCpuTest, KeepsWhatAnEndedProcessHadUsed) {
  cpu.look({process(1, seconds(2)), process(2, seconds(3))});
  EXPECT_EQ(seconds(5), cpu.look({process(1, seconds(2))}));
}

TEST_F(TreeCpuTest, DoesNotCountAgainWhatAParentWaitedFor) {
  cpu.look({process(1, seconds(2)), process(2, seconds(3))});
  EXPECT_EQ(seconds(5), cpu.look({process(1, seconds(2), seconds(3))}));
}

TEST_F(TreeCpuTest, CountsWhatAnEndedProcessUsedAfterTheLastLook) {
  cpu.look({process(1, seconds(2)), process(2, seconds(3))});
  EXPECT_EQ(seconds(6), cpu.look({process(1, seconds(2), seconds(4))}));
}

TEST_F(TreeCpuTest, CountsAProcessThatCameAndWentBetweenTwoLooks) {
  cpu.look({process(1, seconds(2))});
  EXPECT_EQ(seconds(9), cpu.look({process(1, seconds(2), seconds(7))}));
}

TEST_F(TreeCpuTest, CountsAWholeLineOfDescendantsThatEndedOnce) {
  cpu.look({process(1, seconds(1)), process(2, seconds(2), seconds(4)), process(3, seconds(8))});
  // 3 was waited for by 2, and 2 by 1.
  EXPECT_EQ(seconds(15), cpu.look({process(1, seconds(1), seconds(14))}));
}

TEST_F(TreeCpuTest, TellsAProcessFromALaterOneWithItsPid) {
  cpu.look({process(1, seconds(5))});
  EXPECT_EQ(seconds(6), cpu.look({process(1, seconds(1), {}, 2)}));
}

TEST_F(TreeCpuTest, NeverFalls) {
  cpu.look({process(1, seconds(5)), process(2, seconds(5))});
  EXPECT_EQ(seconds(10), cpu.look({}));
  EXPECT_EQ(seconds(11), cpu.look({process(3, seconds(1))}));
}

}  // namespace
}  // namespace gateway::io
