// What the tests of ChildProcess share: a loop, a guard, and the proof after each
// test that no zombie and no guard is left.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/io/child_guard.h"
#include "gateway/io/child_process.h"
#include "tests/fakes/recorded_child.h"
#include "tests/fakes/turn_until.h"

namespace gateway::io {

/// Of a child that ends when it is asked to. A busy machine may let it run only after seconds.
inline constexpr StopLadder kPatientLadder{.after_stdin_close = fakes::kPatience, .after_sigterm = fakes::kPatience};

class ChildProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    auto started = ChildGuard::start();
    ASSERT_TRUE(started) << started.error().what;
    guard = *std::move(started);
  }

  void TearDown() override {
    EXPECT_TRUE(fakes::turn_until(loop, [&] { return has_no_zombies(); }));
    guard.reset();
    EXPECT_TRUE(fakes::turn_until(loop, [&] { return has_no_children(); }));
  }

  bool has_no_zombies() {
    guard->reap_orphans();
    siginfo_t ended{};
    return ::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0;
  }

  /// What was killed dies in its own time, perhaps after the guard: then it is ours to
  /// reap, as it is init's after the gateway. The guard itself is not, nor what ended alone.
  static bool has_no_children() {
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0) EXPECT_TRUE(WIFSIGNALED(status));
    return ended == -1 && errno == ECHILD;
  }

  bool until_over(fakes::RecordedChild& child) {
    return fakes::turn_until(loop, [&] { return child.is_over(); });
  }
  bool until_said(fakes::RecordedChild& child, std::string_view text) {
    return fakes::turn_until(loop, [&] { return child.out.find(text) != std::string::npos; });
  }
  /// Runs the script to its end and gives its stdout.
  std::string output_of(ChildSpec const& spec) {
    fakes::RecordedChild child(loop, *guard, spec);
    EXPECT_EQ("", child.error);
    EXPECT_TRUE(until_over(child));
    return child.out;
  }
  std::string start_error(ChildSpec const& spec) { return fakes::RecordedChild(loop, *guard, spec).error; }

  EventLoop loop;
  std::unique_ptr<ChildGuard> guard;
};

}  // namespace gateway::io
