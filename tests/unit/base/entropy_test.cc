#include "gateway/base/entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
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

TEST(SystemEntropy, RepeatsNoneOfAMillionTokensAndFavoursNoBit) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  constexpr std::size_t kTokens = 1'000'000;
  constexpr std::size_t kLength = 27;
  constexpr std::size_t kBits = 6;  // of a character
  SystemEntropy entropy;
  std::vector<std::uint64_t> fronts;  // the first ten characters, which are random enough never to be the same
  std::array<std::array<std::size_t, kBits>, kLength> ones{};
  for (std::size_t i = 0; i < kTokens; ++i) {
    auto const token = entropy.token();
    ASSERT_EQ(kLength, token.size());
    std::uint64_t front = 0;
    for (std::size_t place = 0; place < kLength; ++place) {
      auto const value = kAlphabet.find(token[place]);
      ASSERT_NE(kAlphabet.npos, value);
      if (place < 10) front = (front << kBits) | value;
      for (std::size_t bit = 0; bit < kBits; ++bit) ones[place][bit] += (value >> bit) & 1U;
    }
    fronts.push_back(front);
  }
  std::sort(fronts.begin(), fronts.end());
  EXPECT_EQ(fronts.end(), std::adjacent_find(fronts.begin(), fronts.end()));
  // Six standard deviations: by chance, one run in a million has a bit beyond them.
  for (auto const& place : ones) {
    EXPECT_GT(*std::min_element(place.begin(), place.end()), kTokens / 2 - 3000);
    EXPECT_LT(*std::max_element(place.begin(), place.end()), kTokens / 2 + 3000);
  }
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
