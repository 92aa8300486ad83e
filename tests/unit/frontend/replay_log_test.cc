#include "gateway/frontend/replay_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gateway::frontend {
namespace {

std::vector<std::string> after(ReplayLog const& log, EventId id) {
  std::vector<std::string> messages;
  log.for_each_after(id, [&](ReplayLog::Event const& event) { messages.push_back(event.message); });
  return messages;
}

/// Events 1 to `count` of stream 1, each of ten bytes.
ReplayLog filled(std::uint64_t count, std::size_t max_events, std::size_t max_bytes) {
  ReplayLog log(max_events, max_bytes);
  for (std::uint64_t number = 1; number <= count; ++number)
    log.add({1, number}, "message " + std::to_string(10 + number));
  return log;
}

TEST(ReplayLog, GivesTheEventsAfterTheOneTheClientHas) {
  EXPECT_EQ((std::vector<std::string>{"message 13", "message 14"}), after(filled(4, 100, 1000), {1, 2}));
}

TEST(ReplayLog, KeepsStreamsApart) {
  ReplayLog log(100, 1000);
  log.add({0, 1}, "standalone");
  log.add({1, 1}, "one");
  log.add({2, 1}, "two");
  EXPECT_EQ((std::vector<std::string>{"one"}), after(log, {1, 0}));
}

TEST(ReplayLog, ForgetsTheOldestBeyondItsEvents) {
  auto const log = filled(5, 2, 1000);
  EXPECT_EQ((std::vector<std::string>{"message 14", "message 15"}), after(log, {1, 0}));
}

TEST(ReplayLog, ForgetsTheOldestBeyondItsBytes) {
  auto const log = filled(5, 100, 29);
  EXPECT_EQ((std::vector<std::string>{"message 14", "message 15"}), after(log, {1, 0}));
}

TEST(ReplayLog, KeepsNothingWhenItMayNot) {
  EXPECT_TRUE(after(filled(5, 0, 1000), {1, 0}).empty());
  EXPECT_TRUE(after(filled(5, 100, 5), {1, 0}).empty());
}

TEST(ReplayLog, ReachesOnlyWhatItHasWithoutAGap) {
  auto const log = filled(5, 2, 1000);
  EXPECT_TRUE(log.reaches({1, 3}, 5));
  EXPECT_TRUE(log.reaches({1, 5}, 5));
  EXPECT_FALSE(log.reaches({1, 2}, 5));
  EXPECT_FALSE(log.reaches({1, 3}, 6));
  EXPECT_FALSE(log.reaches({1, 6}, 5));
  EXPECT_FALSE(log.reaches({2, 3}, 5));
}

TEST(EventId, GoesToTextAndBack) {
  EventId const id{3, 18446744073709551615U};
  EXPECT_EQ("3-18446744073709551615", id.text());
  EXPECT_EQ(id, EventId::from(id.text()));
}

TEST(EventId, IsNothingFromAnyOtherText) {
  for (auto const* const text : {"", "-", "1", "1-", "-1", "1-x", "x-1", "1-1 ", " 1-1", "1--1", "+1-1", "1-1-1",
                                 "18446744073709551616-1", "1-0x1"}) {
    EXPECT_EQ(std::nullopt, EventId::from(text)) << text;
  }
}

}  // namespace
}  // namespace gateway::frontend
