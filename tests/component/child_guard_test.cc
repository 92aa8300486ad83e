// The guard: no descendant outlives its run, whatever happens to the gateway or
// to the guard itself.
#include "gateway/io/child_guard.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "gateway/io/child_process.h"
#include "tests/fakes/recorded_child.h"
#include "tests/fakes/running_process.h"
#include "tests/fakes/turn_until.h"

namespace gateway::io {
namespace {

using fakes::is_running;
using fakes::RecordedChild;
using fakes::shell;
using fakes::turn_until;

/// Ignores the end of its stdin and all polite signals, and has a grandchild
/// that left its group and session. Says both pids.
constexpr char const* kStubborn =
    "trap '' TERM HUP INT; setsid sh -c 'exec sleep 1000' >/dev/null 2>&1 & "
    "echo $$ $!; while :; do sleep 1000; done";

struct Family {
  pid_t child = 0;
  pid_t grandchild = 0;
  [[nodiscard]] bool runs() const { return is_running(child) && is_running(grandchild); }
  [[nodiscard]] bool is_gone() const { return !is_running(child) && !is_running(grandchild); }
};

Family family_of(std::string const& line) {
  Family family;
  std::sscanf(line.c_str(), "%d %d", &family.child, &family.grandchild);
  return family;
}

enum class EndBy { Kill, Return };

/// A gateway in a process of its own, with a guard and a stubborn child: told of
/// by one line in the pipe. It ends when it is killed or told to return.
[[noreturn]] void run_small_gateway(int report, EndBy end) {
  {
    EventLoop loop;
    auto guard = *ChildGuard::start();
    RecordedChild child(loop, *guard, shell(kStubborn));
    if (!turn_until(loop, [&] { return child.out.ends_with('\n'); })) ::_exit(1);
    if (::write(report, child.out.data(), child.out.size()) < 0) ::_exit(1);
    while (end == EndBy::Kill) loop.turn(seconds(1));
    (void)child.process.release();  // lost: only the goodbye can end it
  }
  ::_exit(0);
}

struct SmallGateway {
  explicit SmallGateway(EndBy end) {
    int report[2];
    EXPECT_EQ(0, ::pipe(report));
    pid = ::fork();
    if (pid == 0) run_small_gateway(report[1], end);
    ::close(report[1]);
    char line[64] = {};
    EXPECT_GT(::read(report[0], line, sizeof line - 1), 0);
    ::close(report[0]);
    family = family_of(line);
  }
  ~SmallGateway() { ::waitpid(pid, nullptr, 0); }

  pid_t pid;
  Family family;
};

/// The one child of this process, when it has a guard and nothing else.
pid_t guard_pid() {
  std::ifstream list("/proc/thread-self/children");
  pid_t pid = 0;
  list >> pid;
  return pid;
}

std::string name_of(pid_t pid) {
  std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(comm, name);
  return name;
}

class ChildGuardTest : public ::testing::Test {
 protected:
  EventLoop loop;
};

TEST_F(ChildGuardTest, EndsTheChildrenOfAGatewayThatWasKilled) {
  SmallGateway gateway(EndBy::Kill);
  ASSERT_TRUE(gateway.family.runs());
  ::kill(gateway.pid, SIGKILL);
  EXPECT_TRUE(turn_until(loop, [&] { return gateway.family.is_gone(); }));
}

TEST_F(ChildGuardTest, LeavesNothingAfterAGoodbye) {
  Family family;
  {
    SmallGateway gateway(EndBy::Return);
    family = gateway.family;
  }  // it has returned
  EXPECT_TRUE(family.is_gone());
}

TEST_F(ChildGuardTest, GivesMarksThatDiffer) {
  auto const guard = *ChildGuard::start();
  EXPECT_NE(guard->new_mark(), guard->new_mark());
}

TEST_F(ChildGuardTest, HoldsNoDescriptorOfTheGateway) {
  int ends[2];
  ASSERT_EQ(0, ::pipe(ends));
  auto const guard = *ChildGuard::start();
  ::close(ends[1]);
  char byte = 0;
  EXPECT_EQ(0, ::read(ends[0], &byte, 1));  // would wait for ever for a second writer
  ::close(ends[0]);
}

TEST_F(ChildGuardTest, SurvivesTheSignalsThatEndTheGateway) {
  auto guard = *ChildGuard::start();
  auto const pid = guard_pid();
  ASSERT_TRUE(turn_until(loop, [&] { return name_of(pid) == "mcp-gw-guard"; }));
  for (int const signal : {SIGTERM, SIGINT, SIGHUP}) ::kill(pid, signal);
  RecordedChild child(loop, *guard, shell("setsid sleep 1000 >/dev/null 2>&1 & echo $!"));
  ASSERT_TRUE(turn_until(loop, [&] { return child.is_over(); }));
  EXPECT_TRUE(turn_until(loop, [&] { return !is_running(std::stoi(child.out)); }));
  EXPECT_TRUE(is_running(pid));
}

TEST_F(ChildGuardTest, IsReplacedWhenItWasKilled) {
  auto guard = *ChildGuard::start();
  auto const first = guard_pid();
  ::kill(first, SIGKILL);
  ASSERT_TRUE(turn_until(loop, [&] { return !is_running(first); }));
  RecordedChild child(loop, *guard, shell("setsid sleep 1000 >/dev/null 2>&1 & echo $!"));
  ASSERT_TRUE(turn_until(loop, [&] { return child.is_over(); }));
  EXPECT_TRUE(turn_until(loop, [&] { return !is_running(std::stoi(child.out)); }));
  guard->reap_orphans();
  auto const second = guard_pid();
  EXPECT_NE(first, second);
  EXPECT_TRUE(turn_until(loop, [&] { return name_of(second) == "mcp-gw-guard"; }));
}

TEST_F(ChildGuardTest, IsReplacedByTheJanitor) {
  auto guard = *ChildGuard::start();
  auto const first = guard_pid();
  ::kill(first, SIGKILL);
  ASSERT_TRUE(turn_until(loop, [&] { return !is_running(first); }));
  guard->reap_orphans();
  EXPECT_NE(0, guard_pid());
  EXPECT_NE(first, guard_pid());
}

TEST_F(ChildGuardTest, ReapsOrphansBehindAChildThatIsExpected) {
  auto guard = *ChildGuard::start();
  auto const dead_child = [] {
    auto const pid = ::fork();
    if (pid == 0) ::_exit(4);
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT);
    return pid;
  };
  auto const expected = dead_child();
  auto const orphan = dead_child();
  guard->expect(expected);
  guard->reap_orphans();
  siginfo_t ended{};
  EXPECT_EQ(-1, ::waitid(P_PID, static_cast<id_t>(orphan), &ended, WEXITED | WNOHANG | WNOWAIT));
  EXPECT_EQ(0, ::waitid(P_PID, static_cast<id_t>(expected), &ended, WEXITED | WNOHANG | WNOWAIT));
  EXPECT_EQ(4, ended.si_status);
  guard->forget(expected);
  guard->reap_orphans();
  EXPECT_EQ(-1, ::waitid(P_PID, static_cast<id_t>(expected), &ended, WEXITED | WNOHANG | WNOWAIT));
}

std::string environment_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/environ");
  return {(std::istreambuf_iterator<char>(file)), {}};
}

/// Only exec puts a variable where /proc shows it, so this test runs itself.
TEST_F(ChildGuardTest, IsNotKilledByTheMarkOfAGatewayAroundIt) {
  constexpr char const* kOuterMark = "MCP_GATEWAY_CHILD=outer.1";
  if (environment_of(::getpid()).find(kOuterMark) != std::string::npos) {
    auto const guard = *ChildGuard::start();
    auto const pid = guard_pid();
    EXPECT_TRUE(turn_until(loop, [&] { return environment_of(pid).find(kOuterMark) == std::string::npos; }));
    EXPECT_TRUE(is_running(pid));
    return;
  }
  auto const marked = ::fork();
  if (marked == 0) {
    ::setenv("MCP_GATEWAY_CHILD", "outer.1", 1);
    ::execl("/proc/self/exe", "child_guard_test", "--gtest_filter=*MarkOfAGatewayAroundIt", nullptr);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(marked, ::waitpid(marked, &status, 0));
  EXPECT_EQ(0, status);
}

}  // namespace
}  // namespace gateway::io
