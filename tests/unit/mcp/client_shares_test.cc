#include "gateway/mcp/client_shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace gateway::mcp {
namespace {

constexpr double kShare = 0.875;
constexpr ClientId kA{1};
constexpr ClientId kB{2};
constexpr ClientId kC{3};

/// Lets a client take all it may, and gives how many that were.
std::size_t fill(ClientShares& shares, ClientId client) {
  std::size_t taken = 0;
  for (; shares.admits(client); ++taken) shares.take(client);
  return taken;
}

std::size_t filled_by_one(std::size_t places, double share = kShare) {
  ClientShares shares{places, share};
  return fill(shares, kA);
}

TEST(ClientShares, LeaveSomeForOthersWhereThereAreMoreThanAFew) {
  EXPECT_EQ(1U, filled_by_one(1));
  EXPECT_EQ(2U, filled_by_one(2));
  EXPECT_EQ(3U, filled_by_one(3));
  EXPECT_EQ(3U, filled_by_one(4));
  EXPECT_EQ(7U, filled_by_one(8));
  EXPECT_EQ(14U, filled_by_one(16));
  EXPECT_EQ(896U, filled_by_one(1024));
}

TEST(ClientShares, OfOneLeaveNothing) {
  for (auto const places : {1U, 2U, 8U, 1024U}) EXPECT_EQ(places, filled_by_one(places, 1));
}

TEST(ClientShares, OfNothingAreOneEach) {
  for (auto const places : {1U, 2U, 8U, 1024U}) EXPECT_EQ(1U, filled_by_one(places, 0));
}

TEST(ClientShares, LeaveSomethingForSeveralWhoTakeAllTheyMay) {
  ClientShares shares{1024, kShare};
  EXPECT_EQ(896U, fill(shares, kA));
  EXPECT_EQ(112U, fill(shares, kB));
  EXPECT_EQ(14U, fill(shares, kC));
  EXPECT_FALSE(shares.full());
  EXPECT_TRUE(shares.admits(ClientId{4}));
}

TEST(ClientShares, AlwaysGiveAFreePlaceToAClientThatHasNone) {
  ClientShares shares{5, kShare};
  for (std::uint64_t client = 1; client <= 5; ++client) {
    EXPECT_TRUE(shares.admits(ClientId{client})) << client;
    shares.take(ClientId{client});
  }
  EXPECT_TRUE(shares.full());
  EXPECT_FALSE(shares.admits(ClientId{6}));
}

TEST(ClientShares, ShrinkWithWhatOthersHold) {
  ClientShares shares{16, kShare};
  EXPECT_EQ(14U, fill(shares, kA));
  shares.take(kB);
  shares.give_back(kA);
  // 15 are left by B: 13 of them for A, who has as many.
  EXPECT_FALSE(shares.admits(kA));
  EXPECT_TRUE(shares.admits(kB));
  shares.give_back(kB);
  EXPECT_TRUE(shares.admits(kA));
}

TEST(ClientShares, CountPlacesThatWereTakenUnasked) {
  ClientShares shares{4, kShare};
  for (int i = 0; i < 6; ++i) shares.take(ClientId{});
  EXPECT_TRUE(shares.full());
  EXPECT_FALSE(shares.admits(kA));
  EXPECT_EQ(6U, shares.held_by(ClientId{}));
  for (int i = 0; i < 3; ++i) shares.give_back(ClientId{});
  EXPECT_TRUE(shares.admits(kA));
  EXPECT_EQ(0U, shares.held_by(kA));
}

TEST(ClientShares, AreNotTouchedByWhoGivesBackWhatItNeverHad) {
  ClientShares shares{1, kShare};
  shares.take(kA);
  shares.give_back(kB);
  EXPECT_TRUE(shares.full());
  shares.give_back(kA);
  shares.give_back(kA);
  EXPECT_FALSE(shares.full());
  shares.take(kB);
  EXPECT_TRUE(shares.full());
}

/// Who has given all back is forgotten in time; nobody else is.
TEST(ClientShares, HoldWhatEachHasHoweverManyComeAndGo) {
  ClientShares shares{1'000'000, kShare};
  for (std::uint64_t client = 1; client <= 10'000; ++client) {
    shares.take(ClientId{client});
    shares.take(ClientId{client});
    if (client % 100 != 0) shares.give_back(ClientId{client}), shares.give_back(ClientId{client});
  }
  for (std::uint64_t client = 1; client <= 10'000; ++client) {
    ASSERT_EQ(client % 100 == 0 ? 2U : 0U, shares.held_by(ClientId{client})) << client;
  }
}

/// Whatever is taken and given back, `admits` says what the rule says.
TEST(ClientShares, SayTheSameByTheShortWayAndTheLong) {
  for (std::size_t places = 1; places <= 24; ++places) {
    for (std::size_t others = 0; others < places; ++others) {
      ClientShares shares{places, kShare};
      for (std::size_t i = 0; i < others; ++i) shares.take(kB);
      auto const left = places - others;
      auto const kept = (left + 4) / 8;  // an eighth, to the nearest
      EXPECT_EQ(left - kept, fill(shares, kA)) << places << " places, " << others << " of them held by others";
    }
  }
}

}  // namespace
}  // namespace gateway::mcp
