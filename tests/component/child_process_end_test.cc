// How children are ended, and that nothing of them is left.
#include "tests/component/child_process_fixture.h"
#include "tests/fakes/running_process.h"

namespace gateway::io {
namespace {

using fakes::is_running;
using fakes::RecordedChild;
using fakes::shell;
using fakes::turn_until;

/// A step that a child ignores is short, one that ends it is not: nobody knows when a busy machine lets it run.
constexpr Duration kIgnored = milliseconds(50);
constexpr StopLadder kUntilSigterm{.after_stdin_close = kIgnored, .after_sigterm = fakes::kPatience};
constexpr StopLadder kUntilSigkill{.after_stdin_close = kIgnored, .after_sigterm = kIgnored};

class ChildProcessEndTest : public ChildProcessTest {};

TEST_F(ChildProcessEndTest, StopsAChildByTheEndOfItsStdin) {
  RecordedChild child(loop, *guard, shell("cat; exit 7"));
  child.process->stop(kPatientLadder);
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("exit status 7", child.exit);
}

TEST_F(ChildProcessEndTest, TerminatesAChildThatIgnoresTheEndOfItsStdin) {
  // It starts no program: one that is being started may miss the signal, and then the shell waits for its end.
  RecordedChild child(loop, *guard, shell("trap 'exit 5' TERM; echo up; while :; do :; done"));
  ASSERT_TRUE(until_said(child, "up"));
  child.process->stop(kUntilSigterm);
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("exit status 5", child.exit);
}

TEST_F(ChildProcessEndTest, KillsAChildThatIgnoresSigterm) {
  RecordedChild child(loop, *guard, shell("trap '' TERM; echo up; while :; do sleep 1000; done"));
  ASSERT_TRUE(until_said(child, "up"));
  child.process->stop(kUntilSigkill);
  child.process->stop(kPatientLadder);  // changes nothing
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("signal 9 (Killed)", child.exit);
}

TEST_F(ChildProcessEndTest, StopsAChildThatNeverReadsThoughItsQueueIsBlocked) {
  RecordedChild child(loop, *guard, shell("exec sleep 1000"));
  ASSERT_TRUE(child.process->write(std::string(4u << 20, 'x')));
  child.process->stop(kUntilSigterm);
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("signal 15 (Terminated)", child.exit);
}

TEST_F(ChildProcessEndTest, EndsAChildThatClosedItsStdout) {
  RecordedChild child(loop, *guard, shell("exec >&-; exec sleep 1000"));
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("signal 15 (Terminated)", child.exit);
}

TEST_F(ChildProcessEndTest, LeavesNoGrandchildInTheGroup) {
  RecordedChild child(loop, *guard, shell("sleep 1000 >/dev/null 2>&1 & echo $!"));
  ASSERT_TRUE(until_over(child));
  auto const grandchild = std::stoi(child.out);
  EXPECT_TRUE(turn_until(loop, [&] { return !is_running(grandchild); }));
}

TEST_F(ChildProcessEndTest, LeavesNoGrandchildThatLeftTheSession) {
  RecordedChild child(loop, *guard,
                      shell("setsid sh -c 'trap \"\" TERM HUP; sleep 1000 >/dev/null 2>&1 & echo $!' | cat; cat"));
  ASSERT_TRUE(until_said(child, "\n"));
  auto const grandchild = std::stoi(child.out);
  EXPECT_TRUE(is_running(grandchild));
  child.process->stop({});
  ASSERT_TRUE(until_over(child));
  EXPECT_TRUE(turn_until(loop, [&] { return !is_running(grandchild); }));
}

TEST_F(ChildProcessEndTest, DoesNotSweepWhatBelongsToOtherChildren) {
  RecordedChild first(loop, *guard, shell("cat"));
  RecordedChild others[12] = {
      {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")},
      {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")},
      {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")},
      {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")}, {loop, *guard, shell("cat")},
  };  // so that the first's mark is a prefix of some
  first.process->kill();
  ASSERT_TRUE(until_over(first));
  RecordedChild later(loop, *guard, shell("setsid sleep 1000 >/dev/null 2>&1 & echo $!"));
  ASSERT_TRUE(until_over(later));
  auto const grandchild = std::stoi(later.out);
  ASSERT_TRUE(turn_until(loop, [&] { return !is_running(grandchild); }));  // the guard has done both sweeps
  for (auto& other : others) {
    EXPECT_FALSE(other.is_over());
    other.process->kill();
    EXPECT_TRUE(until_over(other));
  }
}

TEST_F(ChildProcessEndTest, DoesNotWaitForAGrandchildThatHoldsStdout) {
  RecordedChild child(loop, *guard, shell("setsid sleep 1000 & echo said; exit 3"));
  EXPECT_TRUE(until_over(child));
  EXPECT_EQ("exit status 3", child.exit);
  EXPECT_EQ("said\n", child.out);
}

TEST_F(ChildProcessEndTest, IsOverThoughAGrandchildFloodsStdout) {
  RecordedChild child(loop, *guard, shell("setsid sh -c 'echo up >&2; exec yes' & read line; exit 3"));
  ASSERT_TRUE(turn_until(loop, [&] { return !child.err.empty(); }));
  EXPECT_TRUE(child.process->write("go\n"));
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("exit status 3", child.exit);
  EXPECT_EQ(1, child.exits);
}

TEST_F(ChildProcessEndTest, KillsTheChildWhenDestroyed) {
  RecordedChild child(loop, *guard, shell("trap '' TERM; setsid sleep 1000 >/dev/null 2>&1 & echo $!; cat; cat"));
  ASSERT_TRUE(until_said(child, "\n"));
  auto const pid = child.process->pid();
  auto const grandchild = std::stoi(child.out);
  child.process.reset();
  EXPECT_TRUE(turn_until(loop, [&] { return !is_running(pid) && !is_running(grandchild); }));
  EXPECT_EQ(0, child.exits);
}

}  // namespace
}  // namespace gateway::io
