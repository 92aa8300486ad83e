#include "gateway/frontend/auth.h"

#include <gtest/gtest.h>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

using fakes::post;

constexpr auto kHashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Auth auth() {
  config::AuthConfig config;
  config.tokens.push_back({.name = "ann", .token = config::Secret("ann-token-0123456789"), .sha256 = {}});
  config.tokens.push_back({.name = "bob", .token = {}, .sha256 = kHashOfAbc});
  return Auth(config);
}

std::string holder(std::initializer_list<std::string> fields) {
  auto const request = post(fields);
  return auth().principal(request.head).value_or("nobody");
}

TEST(Auth, IsRequiredOnceThereIsAToken) {
  EXPECT_FALSE(Auth(config::AuthConfig{}).required());
  EXPECT_TRUE(auth().required());
}

TEST(Auth, KnowsTheHolderOfATokenAndOfAHash) {
  EXPECT_EQ("ann", holder({"Authorization: Bearer ann-token-0123456789"}));
  EXPECT_EQ("bob", holder({"Authorization: Bearer abc"}));
  EXPECT_EQ("bob", holder({"X-API-Key: abc"}));
}

TEST(Auth, TakesTheSchemeInAnyCaseAndMoreSpaces) { EXPECT_EQ("bob", holder({"authorization: bEARER   abc"})); }

TEST(Auth, KnowsNobodyByAnythingElse) {
  for (std::string const field :
       {"X: y", "Authorization: Bearer", "Authorization: Bearer ", "Authorization: Bearer abcd",
        "Authorization: Bearer ab", "Authorization: Bearer ABC", "Authorization: abc", "Authorization: Basic abc",
        "Authorization: Bearerabc", "X-API-Key:", "X-API-Key: Bearer abc"}) {
    EXPECT_EQ("nobody", holder({field})) << field;
  }
  EXPECT_EQ("nobody", holder({std::string("X-API-Key: ") + kHashOfAbc}));
}

TEST(Auth, TellsWhatWasShownAsAToken) {
  EXPECT_EQ(Auth::Shown::Token, Auth::shown(post({"Authorization: Bearer wrong"}).head));
  EXPECT_EQ(Auth::Shown::Token, Auth::shown(post({"X-API-Key: wrong"}).head));
  EXPECT_EQ(Auth::Shown::OtherScheme, Auth::shown(post({"Authorization: Basic abc"}).head));
  EXPECT_EQ(Auth::Shown::OtherScheme, Auth::shown(post({"Authorization: abc"}).head));
  EXPECT_EQ(Auth::Shown::Nothing, Auth::shown(post({}).head));
}

TEST(Auth, HashesForLogsToTwelveDigits) { EXPECT_EQ("ba7816bf8f01", short_hash("abc")); }

}  // namespace
}  // namespace gateway::frontend
