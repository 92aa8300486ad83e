#include "gateway/http/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gateway::http {
namespace {

TEST(RequestIds, GivesEachRequestAnotherIdThatAClientCouldHaveGiven) {
  RequestIds ids(12345);
  std::set<std::string> seen;
  for (int i = 0; i < 100'000; ++i) {
    auto const id = ids.next();
    EXPECT_TRUE(is_request_id(id));
    EXPECT_TRUE(seen.emplace(id).second) << id;
  }
}

TEST(RequestIds, DifferBetweenTwoMakers) {
  RequestIds one(1);
  RequestIds other(2);
  EXPECT_NE(one.next(), other.next());
}

TEST(RequestIds, AreKeptAsTheyAreLikeAClientsOwnOfAnySize) {
  RequestIds ids(1);
  std::string const made(ids.next());
  EXPECT_EQ(made, RequestId(made).view());
  for (std::size_t const size : {0U, 1U, 14U, 15U, 16U, 64U}) {
    std::string const own(size, 'x');
    RequestId id(made);
    id.assign(own);
    EXPECT_EQ(own, id.view());
    id.assign(made);
    EXPECT_EQ(made, id.view());
  }
}

TEST(RequestId, IsTakenFromAClientWhenItIsShortAndNeedsNoEscape) {
  EXPECT_TRUE(is_request_id("7"));
  EXPECT_TRUE(is_request_id("3f2a.B_c-9"));
  EXPECT_TRUE(is_request_id(std::string(64, 'a')));
}

TEST(RequestId, IsNotTakenWhenItIsEmptyLongOrHoldsAnythingElse) {
  EXPECT_FALSE(is_request_id(""));
  EXPECT_FALSE(is_request_id(std::string(65, 'a')));
  for (std::string const text : {"a b", "a\"b", "a\\b", "a,b", "a/b", "\xc3\xa4", "a\nb"})
    EXPECT_FALSE(is_request_id(text)) << text;
}

}  // namespace
}  // namespace gateway::http
