#include "gateway/mcp/client_requests.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

constexpr TimePoint kNow{seconds(100)};

ClientRequest asked_by(std::string child_id, TimePoint deadline = kNow) {
  ClientRequest request;
  request.child_id = std::move(child_id);
  request.deadline = deadline;
  return request;
}

TEST(ClientRequests, GiveEachQuestionBackOnce) {
  ClientRequests open;
  auto const id = open.open(asked_by("\"a\""));
  EXPECT_EQ("\"a\"", open.close(id)->child_id);
  EXPECT_FALSE(open.close(id));
}

TEST(ClientRequests, KnowNothingThatWasNotAsked) {
  ClientRequests open;
  auto const id = open.open(asked_by("1"));
  EXPECT_FALSE(open.close(id + 1));
  EXPECT_FALSE(open.close(0));
  EXPECT_FALSE(open.close_by_child_id("\"1\""));
}

TEST(ClientRequests, NeverUseAnIdAgain) {
  ClientRequests open;
  auto const first = open.open(asked_by("1"));
  (void)open.close(first);
  EXPECT_NE(first, open.open(asked_by("1")));
}

TEST(ClientRequests, AreFoundByTheChildsRawId) {
  ClientRequests open;
  (void)open.open(asked_by("1"));
  auto const second = open.open(asked_by("\"1\""));
  EXPECT_EQ(second, open.close_by_child_id("\"1\"")->id);
}

TEST(ClientRequests, ExpireOneByOne) {
  ClientRequests open;
  (void)open.open(asked_by("late", kNow + seconds(1)));
  (void)open.open(asked_by("now", kNow));
  EXPECT_EQ("now", open.close_expired(kNow)->child_id);
  EXPECT_FALSE(open.close_expired(kNow));
  EXPECT_EQ("late", open.close_expired(TimePoint::max())->child_id);
}

}  // namespace
}  // namespace gateway::mcp
