// A loop that polls before it sleeps serves all that one that sleeps at once does.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <thread>

#include "gateway/io/event_loop.h"
#include "gateway/io/mailbox.h"
#include "gateway/io/unique_fd.h"
#include "gateway/io/watch.h"
#include "tests/fakes/turn_until.h"

namespace gateway::io {
namespace {

class BusyPoll : public ::testing::Test, public Watch::Listener {
 protected:
  BusyPoll() {
    loop.set_busy_poll(milliseconds(1));
    std::array<int, 2> ends{};
    EXPECT_EQ(0, pipe(ends.data()));
    from = UniqueFd(ends[0]);
    to = UniqueFd(ends[1]);
    watch.emplace(loop, from.get(), Watch::For::Read, *this);
  }
  void on_ready(Watch::For) override {
    char byte = 0;
    EXPECT_EQ(1, read(from.get(), &byte, 1));
    ++read_count;
  }

  EventLoop loop;
  UniqueFd from;
  UniqueFd to;
  int read_count = 0;
  std::optional<Watch> watch;
};

TEST_F(BusyPoll, ServesWhatIsReadyBeforeItSleeps) {
  watch->start();
  ASSERT_EQ(1, write(to.get(), "x", 1));
  EXPECT_TRUE(fakes::turn_until(loop, [&] { return read_count == 1; }));
}

TEST_F(BusyPoll, SleepsUntilATimerThatIsDueLater) {
  auto fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.set(milliseconds(20));
  EXPECT_TRUE(fakes::turn_until(loop, [&] { return fired == 1; }));
}

TEST_F(BusyPoll, IsWokenByAnotherThread) {
  Mailbox mailbox(loop);
  auto heard = false;
  std::thread other([&] { mailbox.post([&] { heard = true; }); });
  EXPECT_TRUE(fakes::turn_until(loop, [&] { return heard; }));
  other.join();
}

TEST_F(BusyPoll, EndsWhenItIsStopped) {
  Timer timer(loop, [&] { loop.stop(); });
  timer.set(milliseconds(0));
  loop.run();
}

TEST_F(BusyPoll, BuriesTheDeadAndTellsTheHook) {
  struct Dying : Mortal {
    explicit Dying(bool& d) : dead(d) {}
    ~Dying() override { dead = true; }
    bool& dead;
  };
  auto dead = false;
  auto turns = 0;
  loop.set_end_of_turn([&] { ++turns; });
  Timer timer(loop, [&] { loop.bury(std::make_unique<Dying>(dead)); });
  timer.set(milliseconds(0));
  EXPECT_TRUE(fakes::turn_until(loop, [&] { return dead; }));
  EXPECT_LE(1, turns);
}

}  // namespace
}  // namespace gateway::io
