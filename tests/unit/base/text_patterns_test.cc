#include "gateway/base/text_patterns.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

std::string replaced(std::vector<std::string> const& patterns, std::string_view text) {
  auto const all = TextPatterns::together(patterns);
  return all ? all->replaced(text, "#").value_or("unchanged") : all.error().what;
}

TEST(TextPatternsTest, ReplaceEachMatchOfEach) {
  EXPECT_EQ("a # b # #", replaced({"[0-9]+", "x"}, "a 12 b x 3"));
  EXPECT_EQ("##", replaced({"a", "b"}, "ab"));
  EXPECT_EQ("unchanged", replaced({"[0-9]+"}, "none"));
  EXPECT_EQ("unchanged", replaced({"[0-9]+"}, ""));
}

TEST(TextPatternsTest, TakeAlternativesOfOnePatternTogether) { EXPECT_EQ("#c#", replaced({"a|b", "d"}, "acd")); }

TEST(TextPatternsTest, PassOverMatchesOfNothing) {
  EXPECT_EQ("unchanged", replaced({R"(\b)"}, "one two"));
  EXPECT_EQ("on#", replaced({"b*$", "e"}, "one"));
}

TEST(TextPatternsTest, FitALiteralTextAsItIs) {
  EXPECT_EQ("x#y", replaced({TextPatterns::literal("a.(b|c)*\\")}, "xa.(b|c)*\\y"));
  EXPECT_EQ("unchanged", replaced({TextPatterns::literal("a.b")}, "axb"));
}

TEST(TextPatternsTest, HaveFaultsThatAreSaid) {
  EXPECT_FALSE(TextPatterns::fault("[a-z]+"));
  for (auto const* bad : {"(", "a)|(b", "[z-a]", R"(\Qabc)", "a*", R"(\b)", R"(\bx*)", "", "(?=a)", "a{5000}"}) {
    EXPECT_TRUE(TextPatterns::fault(bad)) << bad;
  }
  EXPECT_FALSE(TextPatterns::together(std::vector<std::string>(2000, R"(\pL{900})")));
}

TEST(TextPatternsTest, TakeALinearTimeWhateverThePattern) {
  EXPECT_EQ("unchanged", replaced({"(a+)+b", "(a|a)*c"}, std::string(100'000, 'a')));
}

}  // namespace
}  // namespace gateway
