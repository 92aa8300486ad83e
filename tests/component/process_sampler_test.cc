// What real processes take, whatever became of them.
#include "gateway/io/process_sampler.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/fakes/recorded_child.h"
#include "tests/fakes/turn_until.h"

namespace gateway::io {
namespace {

using fakes::RecordedChild;
using fakes::shell;
using fakes::turn_until;

/// Keeps a shell busy for some tenths of a second of CPU.
constexpr char const* kWork = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; ";

class ProcessSamplerTest : public ::testing::Test {
 protected:
  [[nodiscard]] bool comes_true(std::function<bool(TreeUsage const&)> const& condition, RecordedChild const& child) {
    return turn_until(loop, [&] { return condition(sampler.of(child.process->entry())); });
  }

  EventLoop loop;
  std::unique_ptr<ChildGuard> guard = *ChildGuard::start();
  ProcessSampler sampler{guard->entry_front()};
};

TEST_F(ProcessSamplerTest, KnowsNothingOfAChildThatNobodyLookedAt) {
  RecordedChild const child(loop, *guard, shell("read line"));
  EXPECT_EQ(0U, sampler.of(child.process->entry()).processes);
}

TEST_F(ProcessSamplerTest, AddsUpAChildAndADescendantThatLeftItsSession) {
  RecordedChild const child(loop, *guard, shell("setsid sleep 1000 & read line"));
  sampler.start(milliseconds(20));
  EXPECT_TRUE(comes_true([](TreeUsage const& tree) { return tree.processes == 2; }, child));
  EXPECT_TRUE(comes_true(
      [](TreeUsage const& tree) { return tree.threads >= 2 && tree.fds >= 6 && tree.memory > 100'000; }, child));
}

TEST_F(ProcessSamplerTest, CountsTheMemoryOfAllThatAChildStarted) {
  RecordedChild const alone(loop, *guard, shell("echo up; cat"));
  // Two more shells, one of them in a session of its own, each with 20 MB in a variable. With something to do after
  // sleep they stay shells; they would become it, without the variable.
  RecordedChild const family(loop, *guard, shell(R"(
    grow='x=$(head -c 20000000 /dev/zero | tr "\0" x); echo up; sleep 100; :'
    setsid sh -c "$grow" & sh -c "$grow")"));
  sampler.start(milliseconds(20));
  EXPECT_TRUE(comes_true([](TreeUsage const& tree) { return tree.memory > 40'000'000; }, family));
  EXPECT_TRUE(comes_true([](TreeUsage const& tree) { return tree.memory > 100'000; }, alone));
  EXPECT_LT(sampler.of(alone.process->entry()).memory, 20'000'000U);
}

TEST_F(ProcessSamplerTest, KeepsChildrenApart) {
  RecordedChild const one(loop, *guard, shell("sleep 1000 & read line"));
  RecordedChild const other(loop, *guard, shell("read line"));
  sampler.start(milliseconds(20));
  EXPECT_TRUE(comes_true([](TreeUsage const& tree) { return tree.processes == 2; }, one));
  EXPECT_TRUE(comes_true([](TreeUsage const& tree) { return tree.processes == 1; }, other));
}

TEST_F(ProcessSamplerTest, KeepsTheCpuOfAGrandchildThatEnded) {
  RecordedChild child(loop, *guard, shell(std::string("(") + kWork + ") & wait; echo done; read line"));
  sampler.start(milliseconds(20));
  ASSERT_TRUE(turn_until(loop, [&] { return child.out == "done\n"; }));
  EXPECT_TRUE(
      comes_true([](TreeUsage const& tree) { return tree.processes == 1 && tree.cpu > milliseconds(50); }, child));
}

TEST_F(ProcessSamplerTest, ForgetsAChildThatIsGone) {
  RecordedChild child(loop, *guard, shell("read line"));
  auto const entry = child.process->entry();
  sampler.start(milliseconds(20));
  ASSERT_TRUE(turn_until(loop, [&] { return sampler.of(entry).processes == 1; }));
  child.process->kill();
  EXPECT_TRUE(turn_until(loop, [&] { return child.is_over() && sampler.of(entry).processes == 0; }));
}

TEST_F(ProcessSamplerTest, IsNotNeededForTheCpuOfAChildThatEnded) {
  RecordedChild child(loop, *guard, shell(std::string("(") + kWork + ") & wait"));
  ASSERT_TRUE(turn_until(loop, [&] { return child.is_over(); }));
  EXPECT_GT(child.cpu, milliseconds(50));
}

}  // namespace
}  // namespace gateway::io
