// Signals as callbacks of the loop.
#include "gateway/io/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "tests/fakes/turn_until.h"

namespace gateway::io {
namespace {

struct Counting final : Signals::Handler {
  void on_terminate() override { ++terminated; }
  void on_reload() override { ++reloaded; }
  void on_reopen() override { ++reopened; }
  void on_upgrade() override { ++upgraded; }
  int terminated = 0;
  int reloaded = 0;
  int reopened = 0;
  int upgraded = 0;
};

TEST(Signals, AsksToEndToReloadToReopenAndToUpgrade) {
  EventLoop loop;
  Counting handler;
  Signals const signals(loop, handler);
  ::raise(SIGTERM);
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return handler.terminated == 1; }));
  ::raise(SIGHUP);
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return handler.reloaded == 1; }));
  ::raise(SIGUSR1);
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return handler.reopened == 1; }));
  ::raise(SIGUSR2);
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return handler.upgraded == 1; }));
  ::raise(SIGINT);
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return handler.terminated == 2; }));
}

TEST(Signals, IgnoresABrokenPipe) {
  EventLoop loop;
  Counting handler;
  Signals const signals(loop, handler);
  int ends[2];
  ASSERT_EQ(0, ::pipe(ends));
  ::close(ends[0]);
  EXPECT_EQ(-1, ::write(ends[1], "x", 1));
  EXPECT_EQ(EPIPE, errno);
  ::close(ends[1]);
}

}  // namespace
}  // namespace gateway::io
