#include "gateway/base/entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "tests/fakes/counted_entropy.h"

namespace gateway {
namespace {

TEST(Entropy, MakesTokensOfUrlSafeCharacters) {
  fakes::CountedEntropy counted;
  EXPECT_EQ("ABCDEFGHIJKLMNOPQRSTUVWXYZa", counted.token());
  EXPECT_EQ("bcdefghijklmnopqrstuvwxyz01", counted.token());
  EXPECT_EQ("23456789_-ABCDEFGHIJKLMNOPQ", counted.token());
}

TEST(Entropy, MakesNumbersOfEightBytes) {
  fakes::CountedEntropy counted;
  EXPECT_EQ(0x0706050403020100U, counted.number());
  EXPECT_EQ(0x0f0e0d0c0b0a0908U, counted.number());
}

TEST(SystemEntropy, NeverRepeatsItself) {
  SystemEntropy entropy;
  std::set<std::string> tokens;
  for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(tokens.insert(entropy.token()).second);
}

TEST(SystemEntropy, GivesEveryByteAboutAsOften) {
  SystemEntropy entropy;
  std::vector<unsigned char> bytes(256 * 1000);
  entropy.fill(bytes);
  std::vector<int> counts(256);
  for (auto const byte : bytes) ++counts[byte];
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 700);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 1300);
}

}  // namespace
}  // namespace gateway
