// ChildProcess with real programs: how they start, what they hear and say.
#include "gateway/io/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "tests/component/child_process_fixture.h"
#include "tests/fakes/running_process.h"

namespace gateway::io {
namespace {

using fakes::is_running;
using fakes::RecordedChild;
using fakes::shell;
using fakes::turn_until;

TEST_F(ChildProcessTest, SaysWhereItLookedForAMissingProgram) {
  ChildSpec const spec{.argv = {"no-such-program"}, .env = {"PATH=/usr/bin:/bin"}, .cwd = ""};
  EXPECT_EQ("cannot start 'no-such-program': not found in PATH (/usr/bin:/bin)", start_error(spec));
}

TEST_F(ChildProcessTest, SaysWhatIsWrongWithAProgram) {
  auto const error_of = [&](std::string program, std::string cwd = "") {
    return start_error({.argv = {std::move(program)}, .env = {"PATH=/etc:/"}, .cwd = std::move(cwd)});
  };
  EXPECT_EQ("cannot start '/no/such': '/no/such' does not exist", error_of("/no/such"));
  EXPECT_EQ("cannot start '/etc': '/etc' is a directory", error_of("/etc"));
  EXPECT_EQ("cannot start 'passwd': '/etc/passwd' is not executable", error_of("passwd"));
  EXPECT_EQ("cannot start '/bin/sh': its working directory '/no/such' does not exist", error_of("/bin/sh", "/no/such"));
  EXPECT_EQ("cannot start '/bin/sh': its working directory '/etc/passwd' is not a directory",
            error_of("/bin/sh", "/etc/passwd"));
  EXPECT_EQ("cannot start a program: the command is empty", start_error({.argv = {}, .env = {}, .cwd = ""}));
}

TEST_F(ChildProcessTest, TellsTheExitStatus) {
  RecordedChild child(loop, *guard, shell("exit 3"));
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("exit status 3", child.exit);
}

TEST_F(ChildProcessTest, TellsTheSignal) {
  RecordedChild child(loop, *guard, shell("kill -KILL $$"));
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("signal 9 (Killed)", child.exit);
}

TEST_F(ChildProcessTest, CarriesBytesToTheChildAndBack) {
  RecordedChild child(loop, *guard, shell("cat"));
  EXPECT_TRUE(child.process->write("hello "));
  EXPECT_TRUE(child.process->write("child\n"));
  ASSERT_TRUE(until_said(child, "hello child\n"));
  child.process->stop(kPatientLadder);
  EXPECT_FALSE(child.process->accepts_input());
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("exit status 0", child.exit);
}

TEST_F(ChildProcessTest, WritesWhatWasQueuedBeforeTheFirstTurn) {
  RecordedChild child(loop, *guard, shell("cat"));
  EXPECT_TRUE(child.process->write("first\n"));
  loop.turn(fakes::kPatience);  // over as soon as something happens
  EXPECT_EQ("first\n", child.out);
  child.process->kill();
  ASSERT_TRUE(until_over(child));
}

TEST_F(ChildProcessTest, CarriesEightMegabytesBothWays) {
  std::string message(8u << 20, '\0');
  for (std::size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>(i * 31 + i / 4093);
  RecordedChild child(loop, *guard, shell("cat"));
  ASSERT_TRUE(child.process->write(message));
  child.process->stop(kPatientLadder);  // stdin ends after what is queued
  ASSERT_TRUE(until_over(child));
  EXPECT_TRUE(child.out == message) << child.out.size();
}

TEST_F(ChildProcessTest, DeliversAllThatWasWrittenBeforeTheEnd) {
  RecordedChild child(loop, *guard, shell("head -c 900000 /dev/zero; head -c 60000 /dev/zero >&2; kill -9 $$"));
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ(900'000u, child.out.size());
  EXPECT_EQ(60'000u, child.stderr_bytes);
  EXPECT_EQ(1, child.exits);
}

TEST_F(ChildProcessTest, GivesTheEnvironmentThatWasAskedForAndTheMark) {
  std::string mark_entry(ChildGuard::kVariable);
  mark_entry += '=';
  auto const out = output_of({.argv = {"env"}, .env = {"PATH=/usr/bin", "A=1", mark_entry + "forged"}, .cwd = ""});
  EXPECT_TRUE(out.starts_with("PATH=/usr/bin\nA=1\n" + mark_entry)) << out;
  EXPECT_EQ(3, std::count(out.begin(), out.end(), '\n')) << out;
  EXPECT_EQ(std::string::npos, out.find("forged"));
}

TEST_F(ChildProcessTest, GivesNoDescriptorBesidesTheThreePipes) {
  int const inherited = ::open("/dev/null", O_RDONLY);  // somebody forgot O_CLOEXEC
  auto const out = output_of(shell("i=0; while [ $i -lt 64 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done"));
  EXPECT_EQ("0\n1\n2\n", out);
  ::close(inherited);
}

TEST_F(ChildProcessTest, GivesBlockingPipes) {
  EXPECT_EQ("0\n", output_of(shell("[ $(( $(grep -h flags /proc/$$/fdinfo/0 | cut -f2) & 04000 )) = 0 ] && "
                                   "echo $(( $(grep -h flags /proc/$$/fdinfo/1 | cut -f2) & 04000 ))")));
}

TEST_F(ChildProcessTest, GivesSignalsAtTheirDefaults) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);  // SIGPIPE is ignored besides
  auto const out = output_of(
      {.argv = {"sed", "-nE", "s/Sig(Ign|Blk):\\t//p", "/proc/self/status"}, .env = {"PATH=/usr/bin:/bin"}, .cwd = ""});
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  auto const newline = out.find('\n');
  ASSERT_NE(std::string::npos, newline) << out;
  auto const standard_signals = 0x7fff'ffffu;  // glibc keeps two others for itself
  EXPECT_EQ(0u, std::stoull(out.substr(0, newline), nullptr, 16));
  EXPECT_EQ(0u, std::stoull(out.substr(newline), nullptr, 16) & standard_signals);
}

TEST_F(ChildProcessTest, StartsInItsDirectory) {
  auto spec = shell("pwd");
  spec.cwd = "/usr/share";
  EXPECT_EQ("/usr/share\n", output_of(spec));
}

TEST_F(ChildProcessTest, LooksForARelativeProgramInTheChildsDirectory) {
  EXPECT_EQ("yes\n", output_of({.argv = {"bin/echo", "yes"}, .env = {}, .cwd = "/usr"}));
}

TEST_F(ChildProcessTest, LeadsASessionOfItsOwn) {
  auto const out = output_of(shell("cut -d' ' -f1,5,6 /proc/$$/stat"));
  auto const pid = out.substr(0, out.find(' '));
  EXPECT_EQ(pid + " " + pid + " " + pid + "\n", out);
}

TEST_F(ChildProcessTest, RefusesInputAboveTheLimit) {
  auto spec = shell("exec sleep 1000");
  spec.max_stdin_queue = 1u << 20;
  RecordedChild child(loop, *guard, spec);
  std::string const piece(256u << 10, 'x');
  int accepted = 0;
  for (; accepted < 100 && child.process->write(piece); ++accepted) loop.turn(Duration{});
  EXPECT_LT(accepted, 100);
  EXPECT_FALSE(child.process->accepts_input());
  auto const queued = child.process->queued_bytes();
  EXPECT_GT(queued, spec.max_stdin_queue);
  EXPECT_FALSE(child.process->write("more"));
  EXPECT_EQ(queued, child.process->queued_bytes());
  child.process->kill();
  ASSERT_TRUE(until_over(child));
}

TEST_F(ChildProcessTest, TakesAClosedStdinForNoError) {
  RecordedChild child(loop, *guard, shell("exec 0<&-; echo closed; exec sleep 1000"));
  ASSERT_TRUE(until_said(child, "closed"));
  EXPECT_TRUE(child.process->write("lost\n"));
  EXPECT_TRUE(turn_until(loop, [&] { return !child.process->accepts_input(); }));
  EXPECT_FALSE(child.process->write("refused\n"));
  EXPECT_EQ(0u, child.process->queued_bytes());
  EXPECT_FALSE(child.is_over());
  child.process->kill();
  ASSERT_TRUE(until_over(child));
}

TEST_F(ChildProcessTest, ReadsOnWhenStderrIsFlooded) {
  RecordedChild child(loop, *guard, shell("head -c 50000000 /dev/zero >&2; echo done"));
  ASSERT_TRUE(until_over(child));
  EXPECT_EQ("done\n", child.out);
  EXPECT_EQ(50'000'000u, child.stderr_bytes);
}

TEST_F(ChildProcessTest, ServesAChildBesideOneThatFloods) {
  RecordedChild flood(loop, *guard, shell("exec yes >&2"));
  RecordedChild quiet(loop, *guard, shell("read line; echo $line"));
  ASSERT_TRUE(turn_until(loop, [&] { return flood.stderr_bytes > (4u << 20); }));
  EXPECT_TRUE(quiet.process->write("ping\n"));
  auto const pid = static_cast<id_t>(quiet.process->pid());
  loop.turn(Duration{});
  // No turn until it has said all, so that only the loop decides how much of the flood comes first. A shell so quick
  // that this turn has heard its end is no child any more.
  siginfo_t ended{};
  (void)::waitid(P_PID, pid, &ended, WEXITED | WNOWAIT);
  auto const before = flood.stderr_bytes;
  ASSERT_TRUE(until_said(quiet, "ping"));
  EXPECT_LT(flood.stderr_bytes - before, 16u << 20);
  flood.process->kill();
  EXPECT_TRUE(until_over(flood) && until_over(quiet));
}

/// Writes, stops or buries from inside a callback.
class Answering final : public ChildProcess::Handler {
 public:
  explicit Answering(EventLoop& loop) : loop_(loop) {}
  void on_stdout(std::string_view bytes) override {
    seen += bytes;
    if (!process) return;
    if (bytes.starts_with("ask")) answered = process->write("answer\n");
    if (bytes.starts_with("stop")) process->stop({});
    if (bytes.starts_with("bury")) loop_.bury(std::move(process));
  }
  void on_stderr(std::string_view) override {}
  void on_exit(ChildExit) override { is_over = true; }

  std::unique_ptr<ChildProcess> process;
  std::string seen;
  bool answered = false;
  bool is_over = false;

 private:
  EventLoop& loop_;
};

TEST_F(ChildProcessTest, MayBeWrittenToAndStoppedFromItsCallback) {
  Answering owner(loop);
  owner.process = *ChildSpawner(loop, *guard).start(shell("echo ask; read x; echo stop $x; cat"), owner);
  ASSERT_TRUE(turn_until(loop, [&] { return owner.is_over; }));
  EXPECT_TRUE(owner.answered);
  EXPECT_EQ("ask\nstop answer\n", owner.seen);
}

TEST_F(ChildProcessTest, MayBeBuriedFromItsCallback) {
  Answering owner(loop);
  owner.process = *ChildSpawner(loop, *guard).start(shell("echo bury; cat"), owner);
  auto const pid = owner.process->pid();
  ASSERT_TRUE(turn_until(loop, [&] { return !owner.process && !is_running(pid); }));
  EXPECT_FALSE(owner.is_over);
}

TEST_F(ChildProcessTest, SaysNothingMoreWhenBuriedDuringItsLastWords) {
  Answering owner(loop);
  owner.process = *ChildSpawner(loop, *guard).start(shell("echo bury; kill -9 $$"), owner);
  // No turn until it is dead, so that its output is read together with its end.
  siginfo_t ended{};
  ASSERT_EQ(0, ::waitid(P_PID, static_cast<id_t>(owner.process->pid()), &ended, WEXITED | WNOWAIT));
  ASSERT_TRUE(turn_until(loop, [&] { return !owner.process; }));
  for (int i = 0; i < 10; ++i) loop.turn(Duration{});
  EXPECT_EQ("bury\n", owner.seen);
}

}  // namespace
}  // namespace gateway::io
