#include "gateway/io/mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/turn_until.h"

namespace gateway::io {
namespace {

TEST(Mailbox, OpensALetterInATurnOfTheLoop) {
  EventLoop loop;
  Mailbox mailbox(loop);
  int opened = 0;
  mailbox.post([&] { ++opened; });
  EXPECT_EQ(0, opened);
  loop.turn(fakes::kPatience);
  EXPECT_EQ(1, opened);
  loop.turn(Duration{});
  EXPECT_EQ(1, opened);
}

TEST(Mailbox, OpensALetterThatALetterPosted) {
  EventLoop loop;
  Mailbox mailbox(loop);
  bool opened = false;
  mailbox.post([&] { mailbox.post([&] { opened = true; }); });
  EXPECT_TRUE(fakes::turn_until(loop, [&] { return opened; }));
}

TEST(Mailbox, CarriesWhatCannotBeCopied) {
  EventLoop loop;
  Mailbox mailbox(loop);
  std::unique_ptr<int> arrived;
  mailbox.post([&arrived, sent = std::make_unique<int>(7)]() mutable { arrived = std::move(sent); });
  ASSERT_TRUE(fakes::turn_until(loop, [&] { return arrived != nullptr; }));
  EXPECT_EQ(7, *arrived);
}

TEST(Mailbox, DestroysTheLettersThatWereNeverOpened) {
  struct Counted {
    explicit Counted(int& its_ends) : ends(its_ends) {}
    ~Counted() { ++ends; }
    int& ends;
  };
  int ends = 0;
  {
    EventLoop loop;
    Mailbox mailbox(loop);
    mailbox.post([held = std::make_unique<Counted>(ends)] {});
    EXPECT_EQ(0, ends);
  }
  EXPECT_EQ(1, ends);
}

TEST(Mailbox, KeepsTheOrderOfEachOfManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kLetters = 5000;
  EventLoop loop;
  Mailbox mailbox(loop);
  std::vector<std::vector<int>> opened(kThreads);  // written by the loop's thread only
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kLetters; ++i) mailbox.post([&opened, t, i] { opened[t].push_back(i); });
    });
  }
  auto const all = [&] {
    std::size_t count = 0;
    for (auto const& each : opened) count += each.size();
    return count == std::size_t{kThreads} * kLetters;
  };
  EXPECT_TRUE(fakes::turn_until(loop, all));
  for (auto& thread : threads) thread.join();
  for (auto const& each : opened) {
    ASSERT_EQ(std::size_t{kLetters}, each.size());
    for (int i = 0; i < kLetters; ++i) ASSERT_EQ(i, each[static_cast<std::size_t>(i)]);
  }
}

TEST(Mailbox, WakesALoopThatSleeps) {
  EventLoop loop;
  Mailbox mailbox(loop);
  std::thread other([&] { mailbox.post([&] { loop.stop(); }); });
  loop.run();  // its own limit is an hour: the test's end is the proof
  other.join();
}

}  // namespace
}  // namespace gateway::io
