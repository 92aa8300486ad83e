#include "gateway/groups/catalog.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gateway::groups {
namespace {

config::GroupConfig group(config::NamePrefix prefix, std::size_t limit = 0) {
  return {.name = "g", .members = {{"one", "a"}, {"two", "b"}}, .prefix = prefix, .name_limit = limit};
}

TEST(Catalog, PutsTheAliasOfTheMemberInFront) {
  Catalog catalog(group(config::NamePrefix::Always));
  catalog.learn(0, {"x"});
  catalog.learn(1, {"x", "y"});
  EXPECT_EQ("a__x", catalog.name_of(0, "x"));
  EXPECT_EQ("b__y", catalog.name_of(1, "y"));
  auto const found = catalog.find("b__x");
  ASSERT_TRUE(found);
  EXPECT_EQ(1U, found->member);
  EXPECT_EQ("x", found->own);
}

TEST(Catalog, KnowsByThePrefixWhoseANameIsThatNobodyHasListed) {
  Catalog const catalog(group(config::NamePrefix::Always));
  auto const found = catalog.find("b__new__one");
  ASSERT_TRUE(found);
  EXPECT_EQ(1U, found->member);
  EXPECT_EQ("new__one", found->own);
  EXPECT_FALSE(catalog.find("b__"));
  EXPECT_FALSE(catalog.find("c__x"));
  EXPECT_FALSE(Catalog(group(config::NamePrefix::Conflict)).find("b__x"));
}

TEST(Catalog, TakesTheLongestOfTwoPrefixesThatFit) {
  Catalog const catalog({.name = "g", .members = {{"one", "a"}, {"two", "a__b"}}});
  EXPECT_EQ(1U, catalog.find("a__b__c")->member);
  EXPECT_EQ(0U, catalog.find("a__c")->member);
}

TEST(Catalog, PrefixesOnlyWhatSeveralHave) {
  Catalog catalog(group(config::NamePrefix::Conflict));
  catalog.learn(0, {"x", "same"});
  catalog.learn(1, {"y", "same"});
  EXPECT_EQ("x", catalog.name_of(0, "x"));
  EXPECT_EQ("a__same", catalog.name_of(0, "same"));
  EXPECT_EQ("b__same", catalog.name_of(1, "same"));
  EXPECT_FALSE(catalog.find("same"));
  catalog.learn(1, {"y"});
  EXPECT_EQ("same", catalog.name_of(0, "same"));
}

TEST(Catalog, OffersOfOneNameTheFirstMembersWhereThereAreNoPrefixes) {
  Catalog catalog(group(config::NamePrefix::Never));
  catalog.learn(1, {"same"});
  catalog.learn(0, {"same"});
  EXPECT_EQ("same", catalog.name_of(0, "same"));
  EXPECT_EQ("", catalog.name_of(1, "same"));
  EXPECT_EQ(0U, catalog.find("same")->member);
}

TEST(Catalog, NeverGivesTwoThingsOneName) {
  Catalog catalog({.name = "g", .members = {{"one", "a"}, {"two", "a__b"}}});
  catalog.learn(0, {"b__c", "c"});
  catalog.learn(1, {"c"});
  std::set<std::string> names{std::string(catalog.name_of(0, "b__c")), std::string(catalog.name_of(0, "c")),
                              std::string(catalog.name_of(1, "c"))};
  EXPECT_EQ(3U, names.size());
  for (auto const& name : names) EXPECT_TRUE(catalog.find(name));
  EXPECT_EQ("b__c", catalog.find(catalog.name_of(0, "b__c"))->own);
  EXPECT_EQ(1U, catalog.find(catalog.name_of(1, "c"))->member);
}

TEST(Catalog, GivesANameThatDoesNotDependOnWhoIsThere) {
  config::GroupConfig const config{.name = "g", .members = {{"one", "a"}, {"two", "a__b"}}};
  Catalog alone(config);
  alone.learn(0, {"b__c"});
  Catalog together(config);
  together.learn(1, {"c"});
  together.learn(0, {"b__c"});
  EXPECT_EQ(alone.name_of(0, "b__c"), together.name_of(0, "b__c"));
  EXPECT_EQ("a__b__c", together.name_of(1, "c"));
  EXPECT_EQ(1U, alone.find("a__b__c")->member);
}

TEST(Catalog, DropsNothingForANameThatAPrefixMakes) {
  Catalog catalog(group(config::NamePrefix::Conflict));
  catalog.learn(0, {"same", "b__same"});
  catalog.learn(1, {"same"});
  EXPECT_EQ("a__same", catalog.name_of(0, "same"));
  EXPECT_EQ("b__same", catalog.name_of(1, "same"));
  EXPECT_EQ("a__b__same", catalog.name_of(0, "b__same"));
}

TEST(Catalog, KeepsWhatOtherSessionsOfAMemberWereOffered) {
  Catalog catalog(group(config::NamePrefix::Conflict));
  catalog.learn(0, {"x"});
  catalog.learn(0, {"y"}, true);
  EXPECT_EQ("x", catalog.name_of(0, "x"));
  catalog.learn(0, {"y"});
  EXPECT_EQ("", catalog.name_of(0, "x"));
}

TEST(Catalog, ShortensLongNamesAndFindsThemAgain) {
  Catalog catalog(group(config::NamePrefix::Always, 20));
  catalog.learn(0, {"a_name_that_is_long_1", "a_name_that_is_long_2"});
  auto const first = std::string(catalog.name_of(0, "a_name_that_is_long_1"));
  auto const second = std::string(catalog.name_of(0, "a_name_that_is_long_2"));
  EXPECT_EQ(20U, first.size());
  EXPECT_NE(first, second);
  EXPECT_EQ("a_name_that_is_long_1", catalog.find(first)->own);
}

TEST(Shortened, IsTheSameOnEveryMachineAndCutsNoCharacter) {
  EXPECT_EQ("short", shortened("short", 10));
  EXPECT_EQ("abcdefg_b0bc0c82", shortened("abcdefghijklmnopqrstuvwxyz", 16));
  EXPECT_EQ("a_", shortened("a\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", 11).substr(0, 2));
}

TEST(LongestName, IsWhatClientsAndModelsLeave) {
  EXPECT_EQ(64U - 7U - 3U, config::longest_name({.name = "all"}));
  EXPECT_EQ(32U, config::longest_name({.name = std::string(60, 'x')}));
  EXPECT_EQ(20U, config::longest_name({.name = "all", .name_limit = 20}));
}

}  // namespace
}  // namespace gateway::groups
