#include "gateway/frontend/waiting_requests.h"

#include <gtest/gtest.h>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

constexpr auth::WaitId kOne{1};
constexpr auth::WaitId kTwo{2};

bool keep(WaitingRequests& waiting, auth::WaitId wait, std::uint64_t exchange, std::string_view body = "{}") {
  auto const made = fakes::post({"X-Y: z"});
  return waiting.keep(wait, ExchangeId{exchange}, {.head = made.head, .body = body, .request_id = "id"});
}

TEST(WaitingRequests, AreGivenBackAsTheyCame) {
  WaitingRequests waiting;
  ASSERT_TRUE(keep(waiting, kOne, 7, "the body"));
  auto const taken = waiting.take(kOne);
  ASSERT_EQ(1U, taken.size());
  http::RequestHead head;
  read_kept(taken[0], head);
  EXPECT_EQ(http::Method::Post, head.method);
  EXPECT_EQ("z", head.find("x-y"));
  EXPECT_EQ("the body", taken[0].body);
  EXPECT_EQ("id", taken[0].request_id);
  EXPECT_EQ(ExchangeId{7}, taken[0].exchange);
  EXPECT_TRUE(waiting.empty());
}

TEST(WaitingRequests, AreTakenInTheirOrderAndByWhatTheyWaitFor) {
  WaitingRequests waiting;
  for (auto const& [wait, exchange] : {std::pair{kOne, 1}, std::pair{kTwo, 2}, std::pair{kOne, 3}})
    ASSERT_TRUE(keep(waiting, wait, static_cast<std::uint64_t>(exchange)));
  auto const taken = waiting.take(kOne);
  ASSERT_EQ(2U, taken.size());
  EXPECT_EQ(ExchangeId{1}, taken[0].exchange);
  EXPECT_EQ(ExchangeId{3}, taken[1].exchange);
  EXPECT_EQ(1U, waiting.take(kTwo).size());
}

TEST(WaitingRequests, AreForgottenWhenTheirClientLeaves) {
  WaitingRequests waiting;
  ASSERT_TRUE(keep(waiting, kOne, 1));
  waiting.forget(ExchangeId{1});
  EXPECT_TRUE(waiting.take(kOne).empty());
}

TEST(WaitingRequests, TakeNoMoreMemoryThanAllowed) {
  WaitingRequests waiting;
  auto const body = std::string(WaitingRequests::kMostBytes / 4, 'x');
  auto kept = 0U;
  while (keep(waiting, kOne, kept, body)) ++kept;
  EXPECT_EQ(3U, kept);
  waiting.forget(ExchangeId{0});
  EXPECT_TRUE(keep(waiting, kOne, 9, body));
  (void)waiting.take(kOne);
  for (kept = 0; keep(waiting, kTwo, kept); ++kept) continue;
  EXPECT_EQ(WaitingRequests::kMost, kept);
}

}  // namespace
}  // namespace gateway::frontend
