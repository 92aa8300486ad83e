#include "gateway/mcp/fair_queue.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

constexpr SessionId kSessionA{1};
constexpr SessionId kSessionB{2};
constexpr SessionId kSessionC{3};

constexpr ClientId kOne{11};
constexpr ClientId kTwo{12};

WaitingCall call_of(SessionId session, std::string id, TimePoint deadline = TimePoint{seconds(10)}) {
  WaitingCall waiting;
  waiting.call.to.session = session;
  waiting.call.client_id = std::move(id);
  waiting.call.deadline = deadline;
  return waiting;
}

WaitingCall call_of(ClientId client, SessionId session, std::string id) {
  auto waiting = call_of(session, std::move(id));
  waiting.call.client = client;
  return waiting;
}

bool anybody(ClientId) { return true; }

/// The ids in the order they are served.
std::string served(FairQueue& queue) {
  std::string ids;
  while (auto const next = queue.pop(anybody)) ids += next->call.client_id;
  return ids;
}

TEST(FairQueue, ServesSessionsInTurnAndEachInItsOrder) {
  FairQueue queue;
  for (auto const* const id : {"1", "2", "3", "4"}) queue.push(call_of(kSessionA, id));
  queue.push(call_of(kSessionB, "x"));
  queue.push(call_of(kSessionB, "y"));
  queue.push(call_of(kSessionC, "z"));

  EXPECT_EQ("1xz2y34", served(queue));
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, HoldsOwnCallsInTheSharesOfSeveralClients) {
  FairQueue queue;
  auto const push = [&] {
    queue.push(call_of(kOne, SessionId{}, "1"));
    queue.push(call_of(kTwo, SessionId{}, "x"));
    queue.push(call_of(kTwo, SessionId{}, "y"));
  };
  push();
  EXPECT_EQ(3U, queue.size_of(SessionId{}));
  EXPECT_EQ("1xy", served(queue));
  push();
  EXPECT_EQ(3U, queue.take_all_of(SessionId{}).size());
  EXPECT_TRUE(queue.empty());
  push();
  EXPECT_EQ("y", queue.take(SessionId{}, "y")->call.client_id);
  EXPECT_EQ("1x", served(queue));
}

TEST(FairQueue, LetsASessionThatComesLateWaitForOneCallOfEachOther) {
  FairQueue queue;
  for (int i = 0; i < 100; ++i) queue.push(call_of(kSessionA, "a"));
  EXPECT_EQ("a", queue.pop(anybody)->call.client_id);
  queue.push(call_of(kSessionB, "b"));

  EXPECT_EQ("a", queue.pop(anybody)->call.client_id);
  EXPECT_EQ("b", queue.pop(anybody)->call.client_id);
}

TEST(FairQueue, GivesASessionThatComesBackThePlaceBehindTheOthers) {
  FairQueue queue;
  queue.push(call_of(kSessionA, "1"));
  queue.push(call_of(kSessionB, "x"));
  queue.push(call_of(kSessionB, "y"));
  EXPECT_EQ("1", queue.pop(anybody)->call.client_id);
  queue.push(call_of(kSessionA, "2"));

  EXPECT_EQ("x2y", served(queue));
}

TEST(FairQueue, TakesOutOneCallOfItsSessionAlone) {
  FairQueue queue;
  queue.push(call_of(kSessionA, "1"));
  queue.push(call_of(kSessionA, "2"));
  queue.push(call_of(kSessionB, "1"));

  EXPECT_EQ(kSessionA, queue.take(kSessionA, "1")->call.to.session);
  EXPECT_FALSE(queue.take(kSessionA, "1"));
  EXPECT_FALSE(queue.take(kSessionC, "1"));
  EXPECT_EQ("21", served(queue));
}

TEST(FairQueue, TakesOutAllOfASession) {
  FairQueue queue;
  queue.push(call_of(kSessionA, "1"));
  queue.push(call_of(kSessionB, "x"));
  queue.push(call_of(kSessionA, "2"));

  auto const taken = queue.take_all_of(kSessionA);
  ASSERT_EQ(2U, taken.size());
  EXPECT_EQ("1", taken[0].call.client_id);
  EXPECT_TRUE(queue.take_all_of(kSessionC).empty());
  EXPECT_EQ("x", served(queue));
}

TEST(FairQueue, TakesOutWhatHasWaitedTooLongWhoseverTurnItIs) {
  FairQueue queue;
  queue.push(call_of(SessionId{}, "probe", TimePoint::max()));
  queue.push(call_of(kSessionA, "1", TimePoint{seconds(1)}));
  queue.push(call_of(kSessionB, "x", TimePoint{seconds(2)}));
  queue.push(call_of(kSessionA, "2", TimePoint{seconds(3)}));

  EXPECT_FALSE(queue.take_expired(TimePoint{}));
  EXPECT_EQ("1", queue.take_expired(TimePoint{seconds(2)})->call.client_id);
  EXPECT_EQ("x", queue.take_expired(TimePoint{seconds(2)})->call.client_id);
  EXPECT_FALSE(queue.take_expired(TimePoint{seconds(2)}));
  EXPECT_EQ("probe2", served(queue));
}

TEST(FairQueue, MakesRoomAtTheCostOfTheSessionThatHasMost) {
  FairQueue queue;
  EXPECT_FALSE(queue.make_room_for(ClientId{}, kSessionA));
  for (auto const* const id : {"1", "2", "3"}) queue.push(call_of(kSessionA, id));
  queue.push(call_of(kSessionB, "x"));

  EXPECT_FALSE(queue.make_room_for(ClientId{}, kSessionA));
  EXPECT_EQ("3", queue.make_room_for(ClientId{}, kSessionC)->call.client_id);
  EXPECT_FALSE(queue.make_room_for(ClientId{}, kSessionB));
  EXPECT_EQ("2", queue.make_room_for(ClientId{}, kSessionC)->call.client_id);
  EXPECT_FALSE(queue.make_room_for(ClientId{}, kSessionC));
}

TEST(FairQueue, ServesClientsInTurnAndTheSessionsOfEachInTurn) {
  FairQueue queue;
  for (auto const* const id : {"1", "2", "3"}) queue.push(call_of(kOne, kSessionA, id));
  for (auto const* const id : {"x", "y"}) queue.push(call_of(kOne, kSessionB, id));
  for (auto const* const id : {"p", "q", "r"}) queue.push(call_of(kTwo, kSessionC, id));

  EXPECT_EQ("1pxq2ry3", served(queue));
}

TEST(FairQueue, LetsAClientWithManySessionsNotDelayAnother) {
  FairQueue queue;
  for (std::uint64_t session = 100; session < 200; ++session) queue.push(call_of(kOne, SessionId{session}, "a"));
  queue.push(call_of(kTwo, kSessionC, "b"));

  EXPECT_EQ("a", queue.pop(anybody)->call.client_id);
  EXPECT_EQ("b", queue.pop(anybody)->call.client_id);
}

TEST(FairQueue, PassesOverClientsThatMayHaveNoMoreAndKeepsTheirTurn) {
  FairQueue queue;
  for (auto const* const id : {"1", "2"}) queue.push(call_of(kOne, kSessionA, id));
  for (auto const* const id : {"p", "q"}) queue.push(call_of(kTwo, kSessionC, id));

  EXPECT_EQ("p", queue.pop([](ClientId client) { return client == kTwo; })->call.client_id);
  EXPECT_FALSE(queue.pop([](ClientId) { return false; }));
  EXPECT_EQ("1q2", served(queue));
}

TEST(FairQueue, MakesRoomAtTheCostOfTheClientThatHasMostAndOfItsLongestSession) {
  FairQueue queue;
  for (auto const* const id : {"1", "2", "3"}) queue.push(call_of(kOne, kSessionA, id));
  queue.push(call_of(kOne, kSessionB, "x"));

  EXPECT_EQ("3", queue.make_room_for(kTwo, kSessionC)->call.client_id);
  queue.push(call_of(kTwo, kSessionC, "p"));
  // With one more it would have as many.
  queue.push(call_of(kTwo, kSessionC, "q"));
  EXPECT_FALSE(queue.make_room_for(kTwo, kSessionC));
  EXPECT_EQ("1pxq2", served(queue));
}

TEST(FairQueue, MakesRoomWithinAClientWhereNoOtherHasMore) {
  FairQueue queue;
  for (auto const* const id : {"1", "2", "3"}) queue.push(call_of(kOne, kSessionA, id));
  for (auto const* const id : {"p", "q"}) queue.push(call_of(kTwo, kSessionC, id));

  EXPECT_FALSE(queue.make_room_for(kOne, kSessionA));
  EXPECT_EQ("3", queue.make_room_for(kOne, kSessionB)->call.client_id);
  EXPECT_EQ("1p2q", served(queue));
}

TEST(FairQueue, GivesAClientThatComesBackThePlaceBehindTheOthers) {
  FairQueue queue;
  queue.push(call_of(kOne, kSessionA, "1"));
  queue.push(call_of(kTwo, kSessionC, "p"));
  queue.push(call_of(kTwo, kSessionC, "q"));
  EXPECT_EQ("1", queue.pop(anybody)->call.client_id);
  queue.push(call_of(kOne, kSessionB, "x"));

  EXPECT_EQ("pxq", served(queue));
}

TEST(FairQueue, CountsWhatWaits) {
  FairQueue queue;
  queue.push(call_of(kSessionA, "1"));
  queue.push(call_of(kSessionB, "x"));
  queue.push(call_of(kSessionA, "2"));

  EXPECT_EQ(3U, queue.size());
  EXPECT_EQ(2U, queue.size_of(kSessionA));
  EXPECT_EQ(0U, queue.size_of(kSessionC));
  auto const all = queue.take_all();
  ASSERT_EQ(3U, all.size());
  EXPECT_EQ("x", all[1].call.client_id);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(0U, queue.size_of(kSessionA));
  EXPECT_FALSE(queue.pop(anybody));
}

}  // namespace
}  // namespace gateway::mcp
