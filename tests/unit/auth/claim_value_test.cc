#include "gateway/auth/claim_value.h"

#include <gtest/gtest.h>

namespace gateway::auth {
namespace {

TEST(ClaimValueTest, IsFoundWhereverItIs) {
  constexpr auto kClaims =
      R"({"groups":["dev","ops"],"team":"red","admin":true,"realm":{"roles":["r1"],"a/b":"x"},"gr\u006fup":"dev"})";
  EXPECT_TRUE(has_claim(kClaims, "groups", {"ops"}));
  EXPECT_TRUE(has_claim(kClaims, "groups", {"d*"}));
  EXPECT_FALSE(has_claim(kClaims, "groups", {"o"}));
  EXPECT_TRUE(has_claim(kClaims, "team", {"blue", "red"}));
  EXPECT_TRUE(has_claim(kClaims, "admin", {"true"}));
  EXPECT_TRUE(has_claim(kClaims, "/realm/roles", {"r1"}));
  EXPECT_TRUE(has_claim(kClaims, "/realm/a~1b", {"x"}));
  EXPECT_TRUE(has_claim(kClaims, "group", {"dev"}));
  EXPECT_FALSE(has_claim(kClaims, "realm", {"*"}));
  EXPECT_FALSE(has_claim(kClaims, "absent", {"*"}));
  EXPECT_FALSE(has_claim(kClaims, "/realm/roles/0", {"*"}));
  EXPECT_FALSE(has_claim("", "groups", {"*"}));
}

TEST(ClaimValueTest, HasATextWhereItIsOneThing) {
  constexpr auto kClaims = R"({"token":"a\"b","number":7,"flag":false,"none":null,"list":["a"],"of":{"github":"x"}})";
  EXPECT_EQ("a\"b", claim_text(kClaims, "token"));
  EXPECT_EQ("7", claim_text(kClaims, "number"));
  EXPECT_EQ("false", claim_text(kClaims, "flag"));
  EXPECT_EQ("x", claim_text(kClaims, "/of/github"));
  for (auto const* name : {"none", "list", "of", "absent", "/of/absent"})
    EXPECT_FALSE(claim_text(kClaims, name)) << name;
  EXPECT_FALSE(claim_text("", "token"));
}

}  // namespace
}  // namespace gateway::auth
