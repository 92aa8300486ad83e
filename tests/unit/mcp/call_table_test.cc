#include "gateway/mcp/call_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace gateway::mcp {
namespace {

Call call_of(std::uint64_t session, std::string client_id) {
  Call call;
  call.to.session = SessionId{session};
  call.client_id = std::move(client_id);
  return call;
}

TEST(CallTable, KeepsTwoClientsWithTheSameIdApart) {
  CallTable table{8};
  auto const a = table.open(call_of(1, "1"));
  auto const b = table.open(call_of(2, "1"));

  EXPECT_EQ(SessionId{2}, table.close(b)->to.session);
  EXPECT_EQ(SessionId{1}, table.close(a)->to.session);
}

TEST(CallTable, GivesEachCallOutOnce) {
  CallTable table{8};
  auto const id = table.open(call_of(1, "x"));
  EXPECT_EQ("x", table.close(id)->client_id);
  EXPECT_FALSE(table.close(id));
  EXPECT_EQ(nullptr, table.find(id));
}

TEST(CallTable, FindsNobodyByAnIdItNeverGave) {
  CallTable table{8};
  (void)table.open(call_of(1, "x"));
  for (auto const id : {0ULL, 2ULL, 17ULL, ~0ULL}) EXPECT_FALSE(table.close(CallId{id})) << id;
  EXPECT_EQ(1U, table.size());
}

TEST(CallTable, KeepsThePlaceOfASuspendedCallUntilItIsResumed) {
  CallTable table{1};
  auto first = call_of(1, "first");
  first.client = ClientId{7};
  auto const id = table.open(std::move(first));
  EXPECT_EQ("first", table.suspend(id, QuestionId{3})->client_id);
  EXPECT_TRUE(table.full());
  EXPECT_TRUE(table.find(id)->suspended);
  EXPECT_EQ(TimePoint::max(), table.find(id)->deadline);

  auto again = call_of(2, "again");
  EXPECT_EQ(QuestionId{3}, table.resume(id, again));
  EXPECT_EQ(ClientId{7}, table.find(id)->client);
  EXPECT_EQ("again", table.close(id)->client_id);
}

TEST(CallTable, ResumesNothingThatIsNotSuspended) {
  CallTable table{8};
  auto const id = table.open(call_of(1, "first"));
  auto other = call_of(2, "other");
  EXPECT_EQ(QuestionId{}, table.resume(id, other));
  EXPECT_EQ(QuestionId{}, table.resume(CallId{99}, other));
  EXPECT_EQ("other", other.client_id);
  EXPECT_EQ("first", table.find(id)->client_id);
  EXPECT_FALSE(table.suspend(CallId{99}, QuestionId{1}));
}

TEST(CallTable, IsFullAtItsLimitButStillTakesTheGatewaysOwn) {
  CallTable table{2};
  (void)table.open({});
  EXPECT_FALSE(table.full());
  auto const last = table.open({});
  EXPECT_TRUE(table.full());
  EXPECT_NE(CallId{}, table.open({}));
  (void)table.close(last);
  EXPECT_TRUE(table.full());
}

TEST(CallTable, StopsCountingACallThatIsWrittenOff) {
  CallTable table{1};
  auto const lost = table.open({});
  EXPECT_TRUE(table.full());
  table.write_off(*table.find(lost));
  table.write_off(*table.find(lost));
  EXPECT_FALSE(table.full());
  EXPECT_EQ(1U, table.size());

  (void)table.open({});
  EXPECT_TRUE(table.full());
  EXPECT_TRUE(table.close(lost));
  EXPECT_TRUE(table.full());
}

TEST(CallTable, OwesAClientNoMoreThanItsShare) {
  CallTable table{4, 0.875};
  auto const call = [] {
    Call of_the_client;
    of_the_client.client = ClientId{7};
    return of_the_client;
  };
  std::vector<CallId> ids;
  while (table.admits(ClientId{7})) ids.push_back(table.open(call()));
  EXPECT_EQ(3U, ids.size());
  EXPECT_FALSE(table.full());
  EXPECT_TRUE(table.admits(ClientId{8}));

  (void)table.close(ids[0]);
  EXPECT_TRUE(table.admits(ClientId{7}));
  (void)table.open(call());
  EXPECT_FALSE(table.admits(ClientId{7}));
  table.write_off(*table.find(ids[1]));
  EXPECT_TRUE(table.admits(ClientId{7}));
  EXPECT_TRUE(table.close(ids[1]));
  (void)table.open(call());
  EXPECT_FALSE(table.admits(ClientId{7}));
}

TEST(CallTable, KeepsAnAbandonedCallInItsClientsShareUntilItIsWrittenOff) {
  CallTable table{1, 0.875};
  Call call;
  call.client = ClientId{7};
  auto const id = table.open(std::move(call));
  EXPECT_EQ(ClientId{7}, table.abandon(id, {})->client);
  EXPECT_TRUE(table.full());
  table.write_off(*table.find(id));
  EXPECT_FALSE(table.full());
  EXPECT_TRUE(table.admits(ClientId{7}));
}

TEST(CallTable, BeginsAtOneAndNeverUsesAnIdAgain) {
  CallTable table{8};
  EXPECT_EQ(CallId{1}, table.open({}));
  std::set<CallId> given{CallId{1}};
  for (int i = 0; i < 1000; ++i) {
    auto const id = table.open({});
    EXPECT_TRUE(given.insert(id).second);
    if (i % 3 != 0) (void)table.close(id);
  }
}

TEST(CallTable, FindsEveryCallAfterItHasGrown) {
  CallTable table{100'000};
  std::vector<CallId> ids;
  for (int i = 0; i < 5000; ++i) ids.push_back(table.open(call_of(1, std::to_string(i))));
  ASSERT_EQ(5000U, table.size());
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(std::to_string(i), table.find(ids[static_cast<std::size_t>(i)])->client_id);
}

TEST(CallTable, PassesOverThePlaceOfACallThatHangs) {
  CallTable table{8};
  auto const hanging = table.open(call_of(7, "hangs"));
  for (int i = 0; i < 10'000; ++i) {
    auto const id = table.open(call_of(1, "quick"));
    ASSERT_NE(hanging, id);
    ASSERT_EQ("quick", table.close(id)->client_id);
  }
  EXPECT_EQ("hangs", table.close(hanging)->client_id);
  EXPECT_EQ(0U, table.size());
}

TEST(CallTable, KeepsManyHangingCallsThroughGrowth) {
  CallTable table{1000};
  std::vector<CallId> hanging;
  for (int i = 0; i < 200; ++i) {
    hanging.push_back(table.open(call_of(7, std::to_string(i))));
    for (int j = 0; j < 37; ++j) (void)table.close(table.open({}));
  }
  for (std::size_t i = 0; i < hanging.size(); ++i) EXPECT_EQ(std::to_string(i), table.find(hanging[i])->client_id);
}

TEST(CallTable, ShowsEachOpenCallOnce) {
  CallTable table{8};
  auto const a = table.open(call_of(1, "a"));
  auto const b = table.open(call_of(1, "b"));
  auto const c = table.open(call_of(1, "c"));
  (void)table.close(b);
  std::set<CallId> seen;
  table.for_each([&](CallId id, Call&) { EXPECT_TRUE(seen.insert(id).second); });
  EXPECT_EQ((std::set<CallId>{a, c}), seen);
}

}  // namespace
}  // namespace gateway::mcp
