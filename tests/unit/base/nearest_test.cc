#include "gateway/base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace gateway {
namespace {

TEST(EditDistance, CountsChangedAddedMissingAndSwappedLetters) {
  EXPECT_EQ(0U, edit_distance("status", "status"));
  EXPECT_EQ(1U, edit_distance("statos", "status"));
  EXPECT_EQ(1U, edit_distance("statuss", "status"));
  EXPECT_EQ(1U, edit_distance("tatus", "status"));
  EXPECT_EQ(1U, edit_distance("stauts", "status"));
  EXPECT_EQ(3U, edit_distance("", "run"));
  EXPECT_EQ(3U, edit_distance("run", ""));
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  constexpr std::array<std::string_view, 4> kWords{"check", "health", "call_timeout", "run"};

  EXPECT_EQ("check", nearest("chekc", kWords));
  EXPECT_EQ("health", nearest("HEALTH", kWords));
  EXPECT_EQ("call_timeout", nearest("callTimeout", kWords));
  EXPECT_EQ("call_timeout", nearest("cal-timout", kWords));
  EXPECT_EQ("", nearest("fly", kWords));
  EXPECT_EQ("", nearest("", kWords));
  EXPECT_EQ("", nearest("checkers-and-chess", kWords));
}

TEST(Nearest, KeepsToTheFirstOfEquallyNearWords) {
  constexpr std::array<std::string_view, 2> kWords{"abcd", "abce"};

  EXPECT_EQ("abcd", nearest("abcf", kWords));
}

}  // namespace
}  // namespace gateway
