#include "gateway/mcp/lingering.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <random>

namespace gateway::mcp {
namespace {

constexpr TimePoint at(int second) { return TimePoint(seconds(second)); }

TEST(Lingering, RemembersAnOwnerUntilItsTime) {
  Lingering<int> lingering;
  EXPECT_TRUE(lingering.only_of(1, at(1)));
  lingering.add(1, at(5));
  EXPECT_TRUE(lingering.only_of(1, at(1)));
  EXPECT_FALSE(lingering.only_of(2, at(4)));
  EXPECT_TRUE(lingering.only_of(2, at(5)));
}

TEST(Lingering, KnowsOfAnotherOwnerThanTheOneThatIsRememberedLongest) {
  Lingering<int> lingering;
  lingering.add(1, at(3));
  lingering.add(2, at(9));
  EXPECT_FALSE(lingering.only_of(2, at(2)));
  EXPECT_TRUE(lingering.only_of(2, at(3)));
  EXPECT_FALSE(lingering.only_of(1, at(8)));
  EXPECT_FALSE(lingering.only_of(3, at(8)));
}

TEST(Lingering, SaysWhatRememberingEverybodyWouldSay) {
  std::mt19937 random(1);
  auto const below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
  for (auto round = 0; round < 200; ++round) {
    Lingering<int> lingering;
    std::array<TimePoint, 6> until{};
    for (auto step = 0; step < 40; ++step) {
      auto const owner = 1 + below(5);
      auto const time = at(1 + below(30));
      lingering.add(owner, time);
      auto& known = until.at(static_cast<std::size_t>(owner));
      known = std::max(known, time);
      auto const asked = 1 + below(5);
      auto const now = at(below(32));
      auto others = false;
      for (auto other = 1; other <= 5; ++other) {
        others |= other != asked && until.at(static_cast<std::size_t>(other)) > now;
      }
      EXPECT_EQ(!others, lingering.only_of(asked, now));
    }
  }
}

}  // namespace
}  // namespace gateway::mcp
