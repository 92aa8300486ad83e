#include "gateway/auth/policy.h"

#include <gtest/gtest.h>

namespace gateway::auth {
namespace {

using config::Effect;
using config::PolicyConfig;
using Names = std::vector<std::string>;

/// A principal as it is after it was identified.
Principal known(Policy const& policy, std::string name, Scopes scopes = {}, std::string claims = {}) {
  Principal principal{.id = {.name = std::move(name)}, .scopes = std::move(scopes), .claims = std::move(claims)};
  policy.find_rules(principal);
  return principal;
}

TEST(PolicyTest, AllowsEverythingWhereItSaysNothing) {
  PolicyConfig const config;
  Policy const policy(config);
  EXPECT_FALSE(policy.is_on());
  auto const ann = known(policy, "ann");
  EXPECT_TRUE(policy.may_enter(ann, "github"));
  EXPECT_TRUE(policy.allows(ann, "github", Asset::Tool, "delete"));
}

TEST(PolicyTest, TheFirstRuleThatFitsDecides) {
  PolicyConfig const config{
      .otherwise = Effect::Deny,
      .rules = {{.effect = Effect::Deny, .tools = {"delete_*"}},
                {.effect = Effect::Allow, .principals = {"ann", "team-*"}, .services = {"git*"}}}};
  Policy const policy(config);
  auto const ann = known(policy, "ann");
  auto const team = known(policy, "team-7");
  auto const bob = known(policy, "bob");
  EXPECT_TRUE(policy.allows(ann, "github", Asset::Tool, "list"));
  EXPECT_TRUE(policy.allows(team, "gitlab", Asset::Prompt, "any"));
  EXPECT_FALSE(policy.allows(ann, "github", Asset::Tool, "delete_repo"));
  EXPECT_TRUE(policy.allows(ann, "github", Asset::Prompt, "delete_repo"));
  EXPECT_FALSE(policy.allows(ann, "postgres", Asset::Tool, "list"));
  EXPECT_FALSE(policy.allows(bob, "github", Asset::Tool, "list"));
  EXPECT_TRUE(policy.may_enter(ann, "github"));
  EXPECT_FALSE(policy.may_enter(ann, "postgres"));
  EXPECT_FALSE(policy.may_enter(bob, "github"));
}

TEST(PolicyTest, ARuleForToolsSaysNothingOfOtherThings) {
  PolicyConfig const config{.otherwise = Effect::Deny, .rules = {{.effect = Effect::Allow, .tools = {"*"}}}};
  Policy const policy(config);
  auto const ann = known(policy, "ann");
  EXPECT_TRUE(policy.may_enter(ann, "any"));
  EXPECT_TRUE(policy.allows(ann, "any", Asset::Tool, "x"));
  EXPECT_FALSE(policy.allows(ann, "any", Asset::Prompt, "x"));
  EXPECT_FALSE(policy.allows(ann, "any", Asset::Resource, "x:1"));
  EXPECT_FALSE(policy.allows(ann, "any", Asset::Other, "x/y"));
}

TEST(PolicyTest, NamesNobodyWithoutAName) {
  PolicyConfig const config{.otherwise = Effect::Deny, .rules = {{.effect = Effect::Allow, .principals = {"*"}}}};
  Policy const policy(config);
  EXPECT_FALSE(policy.may_enter(known(policy, ""), "any"));
  EXPECT_TRUE(policy.may_enter(known(policy, "ann"), "any"));
}

TEST(PolicyTest, NeedsEachScopeOfARule) {
  PolicyConfig const config{.otherwise = Effect::Deny, .rules = {{.effect = Effect::Allow, .scopes = {"a", "b"}}}};
  Policy const policy(config);
  EXPECT_TRUE(policy.may_enter(known(policy, "ann", {.names = {"b", "c", "a"}}), "any"));
  EXPECT_FALSE(policy.may_enter(known(policy, "ann", {.names = {"a"}}), "any"));
  EXPECT_TRUE(policy.may_enter(known(policy, "ann", {.all = true}), "any"));
}

TEST(PolicyTest, DeniesByAScopeOnlyThoseWhoWereGivenIt) {
  PolicyConfig const config{.rules = {{.effect = Effect::Deny, .scopes = {"guest"}}}};
  Policy const policy(config);
  EXPECT_FALSE(policy.may_enter(known(policy, "ann", {.names = {"guest"}}), "any"));
  EXPECT_TRUE(policy.may_enter(known(policy, "ann", {.all = true}), "any"));
}

TEST(PolicyTest, SaysWhichScopesWouldHelp) {
  PolicyConfig const config{
      .otherwise = Effect::Deny,
      .rules = {{.effect = Effect::Deny, .principals = {"eve"}},
                {.effect = Effect::Allow, .scopes = {"read"}, .tools = {"get_*"}},
                {.effect = Effect::Allow, .principals = {"ann"}, .scopes = {"write"}, .tools = {"set_*"}}}};
  Policy const policy(config);
  auto const ann = known(policy, "ann", {.names = {"read"}});
  EXPECT_EQ(Names{"write"}, policy.scopes_for(ann, "any", Asset::Tool, "set_x"));
  EXPECT_EQ(Names{}, policy.scopes_for(ann, "any", Asset::Tool, "other"));
  EXPECT_EQ(Names{}, policy.scopes_for(known(policy, "bob"), "any", Asset::Tool, "set_x"));
  EXPECT_EQ(Names{"read"}, policy.scopes_for(known(policy, "bob"), "any", Asset::Other, ""));
  EXPECT_EQ(Names{}, policy.scopes_for(known(policy, "eve"), "any", Asset::Tool, "get_x"));
}

TEST(PolicyTest, KnowsNamesAsItJudgesThem) {
  PolicyConfig const config{.otherwise = Effect::Deny,
                            .rules = {{.effect = Effect::Deny, .services = {"one"}, .tools = {"a*"}},
                                      {.effect = Effect::Allow, .prompts = {"*"}},
                                      {.effect = Effect::Allow, .services = {"one"}, .tools = {"*b"}},
                                      {.effect = Effect::Allow, .services = {"two"}}}};
  Policy const policy(config);
  auto const ann = known(policy, "ann");
  for (auto const* service : {"one", "two", "three"}) {
    for (auto const asset : {Asset::Tool, Asset::Prompt, Asset::Resource}) {
      for (auto const* name : {"a", "ab", "b", "c:1"}) {
        EXPECT_EQ(policy.allows(ann, service, asset, name), policy.names(ann, service, asset).allows(name))
            << service << ' ' << name;
      }
    }
  }
}

TEST(PolicyTest, ConcernsThoseWithEveryClaimOfARule) {
  PolicyConfig const config{
      .otherwise = Effect::Deny,
      .rules = {{.effect = Effect::Allow, .claims = {{"groups", {"dev"}}, {"site", {"a", "b"}}}}}};
  Policy const policy(config);
  EXPECT_TRUE(policy.may_enter(known(policy, "i:1", {}, R"({"groups":["dev"],"site":"b"})"), "any"));
  EXPECT_FALSE(policy.may_enter(known(policy, "i:1", {}, R"({"groups":["dev"]})"), "any"));
  EXPECT_FALSE(policy.may_enter(known(policy, "ann", {.all = true}), "any"));
}

}  // namespace
}  // namespace gateway::auth
