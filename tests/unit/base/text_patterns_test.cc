#include "gateway/base/text_patterns.h"

#include <gtest/gtest.h>

#include <chrono>

namespace gateway {
namespace {

std::string matches_replaced(std::vector<std::string> const& patterns, std::string_view text) {
  auto const all = TextPatterns::together(patterns);
  return all ? all->replaced(text, "#", std::chrono::steady_clock::now() + std::chrono::seconds(60))
                   .value_or("unchanged")
             : all.error().what;
}

TEST(TextPatternsTest, ReplaceEachMatchOfEach) {
  EXPECT_EQ("a # b # #", matches_replaced({"[0-9]+", "x"}, "a 12 b x 3"));
  EXPECT_EQ("##", matches_replaced({"a", "b"}, "ab"));
  EXPECT_EQ("unchanged", matches_replaced({"[0-9]+"}, "none"));
  EXPECT_EQ("unchanged", matches_replaced({"[0-9]+"}, ""));
}

TEST(TextPatternsTest, TakeAlternativesOfOnePatternTogether) {
  EXPECT_EQ("#c#", matches_replaced({"a|b", "d"}, "acd"));
}

TEST(TextPatternsTest, PassOverMatchesOfNothing) {
  EXPECT_EQ("unchanged", matches_replaced({R"(\b)"}, "one two"));
  EXPECT_EQ("on#", matches_replaced({"b*$", "e"}, "one"));
}

TEST(TextPatternsTest, HaveFaultsThatAreSaid) {
  EXPECT_FALSE(TextPatterns::fault("[a-z]+"));
  for (auto const* bad :
       {"(", "a)|(b", "[z-a]", "a*", R"(\b)", R"(\bx*)", "", "(?=a)", "a{5000}", R"(\C)", R"(\pL{300})"}) {
    EXPECT_TRUE(TextPatterns::fault(bad)) << bad;
  }
  EXPECT_FALSE(TextPatterns::fault(R"(\\C)"));
}

TEST(TextPatternsTest, TakeALinearTimeForEachSearch) {
  EXPECT_EQ("unchanged", matches_replaced({"(a+)+b", "(a|a)*c"}, std::string(100'000, 'a')));
}

TEST(TextPatternsTest, MaskTheRestAtTheDeadline) {
  auto const all = TextPatterns::together({"a"});
  ASSERT_TRUE(all);
  EXPECT_EQ("b##", all->replaced("babab", "#", {}));
  EXPECT_FALSE(all->replaced("bbb", "#", {}));
}

}  // namespace
}  // namespace gateway
