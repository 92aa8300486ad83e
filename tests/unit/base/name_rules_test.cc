#include "gateway/base/name_rules.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(PatternTest, FitsTheWholeTextOnly) {
  EXPECT_TRUE(fits_pattern("get", "get"));
  EXPECT_FALSE(fits_pattern("get", "get_issue"));
  EXPECT_FALSE(fits_pattern("get", "target"));
  EXPECT_FALSE(fits_pattern("get", "GET"));
  EXPECT_TRUE(fits_pattern("", ""));
  EXPECT_FALSE(fits_pattern("", "a"));
}

TEST(PatternTest, AStarIsAnyCharactersOrNone) {
  EXPECT_TRUE(fits_pattern("*", ""));
  EXPECT_TRUE(fits_pattern("*", "a/b"));
  EXPECT_TRUE(fits_pattern("get_*", "get_"));
  EXPECT_TRUE(fits_pattern("*_*", "_"));
  EXPECT_TRUE(fits_pattern("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(fits_pattern("*ab", "aab"));
  EXPECT_FALSE(fits_pattern("a*b*c", "a-c-b"));
  EXPECT_FALSE(fits_pattern("*ab", "aba"));
  EXPECT_TRUE(fits_pattern("**", "x"));
}

TEST(PatternTest, TakesTimeInProportionToItsLengthForAHostileText) {
  std::string const text(20'000, 'a');
  EXPECT_FALSE(fits_pattern("a*a*a*a*a*a*a*a*b", text));
}

TEST(NameRulesTest, TheFirstRuleThatFitsDecides) {
  NameRules const rules{.rules = {{false, {"get_secret*"}}, {true, {"get_*", "list"}}}, .otherwise = false};
  EXPECT_TRUE(rules.allows("get_issue"));
  EXPECT_TRUE(rules.allows("list"));
  EXPECT_FALSE(rules.allows("get_secrets"));
  EXPECT_FALSE(rules.allows("delete"));
}

TEST(NameRulesTest, SayWhetherAnythingCanBeRefused) {
  EXPECT_TRUE(NameRules{}.allow_all());
  EXPECT_TRUE((NameRules{.rules = {{true, {}}}, .otherwise = false}).allow_all());
  EXPECT_TRUE((NameRules{.rules = {{true, {"*"}}}, .otherwise = false}).allow_all());
  EXPECT_TRUE((NameRules{.rules = {{true, {"a"}}}, .otherwise = true}).allow_all());
  EXPECT_FALSE((NameRules{.rules = {{true, {"a"}}}, .otherwise = false}).allow_all());
  EXPECT_FALSE((NameRules{.rules = {{false, {"a"}}, {true, {}}}}).allow_all());
}

TEST(NameRulesTest, RefuseAUriThatTheServerMayReadAsAnother) {
  NameRules const rules{.rules = {{true, {"file:///public/*"}}}, .otherwise = false, .are_uris = true};
  EXPECT_TRUE(rules.allows("file:///public/a.txt"));
  EXPECT_FALSE(rules.allows("file:///public/../etc/passwd"));
  EXPECT_FALSE(rules.allows("file:///public/%2e%2e/etc/passwd"));
  NameRules const but{.rules = {{false, {"file:///etc/*"}}}, .otherwise = true, .are_uris = true};
  EXPECT_FALSE(but.allows("file:///%65tc/passwd"));
  NameRules const everything{.rules = {{true, {"*"}}}, .otherwise = false, .are_uris = true};
  EXPECT_TRUE(everything.allows("file:///a/../b"));
}

}  // namespace
}  // namespace gateway
