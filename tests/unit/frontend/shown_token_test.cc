#include "gateway/frontend/shown_token.h"

#include <gtest/gtest.h>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

using fakes::post;

std::string shown(std::initializer_list<std::string> fields) {
  auto const request = post(fields);
  return std::string(shown_token(request.head));
}

TEST(ShownToken, IsThatOfAuthorizationOrOfXApiKey) {
  EXPECT_EQ("abc", shown({"Authorization: Bearer abc"}));
  EXPECT_EQ("abc", shown({"X-API-Key: abc"}));
  EXPECT_EQ("Bearer abc", shown({"X-API-Key: Bearer abc"}));
}

TEST(ShownToken, TakesTheSchemeInAnyCaseAndMoreSpaces) { EXPECT_EQ("abc", shown({"authorization: bEARER   abc"})); }

TEST(ShownToken, IsNothingElse) {
  for (std::string const field : {"X: y", "Authorization: Bearer", "Authorization: Bearer ", "Authorization: abc",
                                  "Authorization: Basic abc", "Authorization: Bearerabc", "X-API-Key:"}) {
    EXPECT_EQ("", shown({field})) << field;
  }
}

TEST(ShownToken, TellsAnotherSchemeFromNothing) {
  EXPECT_EQ(auth::Denial::OtherScheme, denial_without_token(post({"Authorization: Basic abc"}).head));
  EXPECT_EQ(auth::Denial::NoToken, denial_without_token(post({}).head));
}

}  // namespace
}  // namespace gateway::frontend
