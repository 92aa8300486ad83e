#include "gateway/mcp/subscriptions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gateway::mcp {
namespace {

using Verdict = Subscriptions::Verdict;

using Need = Subscriptions::Need;
using Sessions = std::vector<SessionId>;

constexpr SessionId kAnn{1};
constexpr SessionId kBob{2};
constexpr auto kUri = R"("file:///a")";

Subscriber by(SessionId session) { return {.session = session}; }

/// Ann's subscription, which the child has accepted.
void subscribe_ann(Subscriptions& all, std::string_view uri = kUri) {
  ASSERT_EQ(Need::AskChild, all.subscribe(uri, by(kAnn)));
  ASSERT_EQ(1U, all.settle(uri, Verdict::Accepted).waiting.size());
}

TEST(Subscriptions, AskTheChildOnceForAllWhoWait) {
  Subscriptions all;
  EXPECT_EQ(Need::AskChild, all.subscribe(kUri, by(kAnn)));
  EXPECT_EQ(Need::Wait, all.subscribe(kUri, by(kBob)));
  EXPECT_EQ(2U, all.settle(kUri, Verdict::Accepted).waiting.size());
  EXPECT_EQ((Sessions{kAnn, kBob}), all.subscribers(kUri));
}

TEST(Subscriptions, NeedNothingOfTheChildForASecondSession) {
  Subscriptions all;
  subscribe_ann(all);
  EXPECT_EQ(Need::Nothing, all.subscribe(kUri, by(kBob)));
  EXPECT_EQ(Need::Nothing, all.subscribe(kUri, by(kBob)));
  EXPECT_EQ((Sessions{kAnn, kBob}), all.subscribers(kUri));
}

TEST(Subscriptions, ForgetWhatTheChildRefused) {
  Subscriptions all;
  (void)all.subscribe(kUri, by(kAnn));
  auto const settled = all.settle(kUri, Verdict::Refused);
  EXPECT_EQ(1U, settled.waiting.size());
  EXPECT_FALSE(settled.abandoned);
  EXPECT_TRUE(all.subscribers(kUri).empty());
  EXPECT_EQ(Need::AskChild, all.subscribe(kUri, by(kAnn)));
}

TEST(Subscriptions, AreEndedAtTheChildWithTheLastSession) {
  Subscriptions all;
  subscribe_ann(all);
  (void)all.subscribe(kUri, by(kBob));
  EXPECT_FALSE(all.unsubscribe(kUri, kAnn));
  EXPECT_FALSE(all.unsubscribe(kUri, kAnn));
  EXPECT_TRUE(all.unsubscribe(kUri, kBob));
  EXPECT_FALSE(all.unsubscribe(kUri, kBob));
}

TEST(Subscriptions, AreNotEndedByASessionThatHoldsNone) {
  Subscriptions all;
  subscribe_ann(all);
  EXPECT_FALSE(all.unsubscribe(kUri, kBob));
  EXPECT_FALSE(all.unsubscribe("\"other\"", kAnn));
  EXPECT_EQ((Sessions{kAnn}), all.subscribers(kUri));
}

TEST(Subscriptions, TakenBackBeforeTheChildsWordAreTakenBack) {
  Subscriptions all;
  (void)all.subscribe(kUri, by(kAnn));
  EXPECT_FALSE(all.unsubscribe(kUri, kAnn));
  auto const settled = all.settle(kUri, Verdict::Accepted);
  EXPECT_EQ(1U, settled.waiting.size());
  EXPECT_TRUE(settled.abandoned);
  EXPECT_TRUE(all.subscribers(kUri).empty());
}

TEST(Subscriptions, TakenBackAndAskedAgainHold) {
  Subscriptions all;
  (void)all.subscribe(kUri, by(kAnn));
  (void)all.unsubscribe(kUri, kAnn);
  EXPECT_EQ(Need::Wait, all.subscribe(kUri, by(kAnn)));
  EXPECT_FALSE(all.settle(kUri, Verdict::Accepted).abandoned);
  EXPECT_EQ((Sessions{kAnn}), all.subscribers(kUri));
}

TEST(Subscriptions, GoWithTheirSession) {
  Subscriptions all;
  subscribe_ann(all, "\"a\"");
  subscribe_ann(all, "\"b\"");
  (void)all.subscribe("\"b\"", by(kBob));
  EXPECT_EQ((std::vector<std::string>{"\"a\""}), all.leave(kAnn));
  EXPECT_EQ((Sessions{kBob}), all.subscribers("\"b\""));
  EXPECT_TRUE(all.leave(kAnn).empty());
}

TEST(Subscriptions, AcceptedForASessionThatLeftAreAbandoned) {
  Subscriptions all;
  (void)all.subscribe(kUri, by(kAnn));
  EXPECT_TRUE(all.leave(kAnn).empty());
  auto const settled = all.settle(kUri, Verdict::Accepted);
  EXPECT_TRUE(settled.waiting.empty());
  EXPECT_TRUE(settled.abandoned);
  EXPECT_TRUE(all.uris().empty());
}

TEST(Subscriptions, SettleNothingThatIsNotThere) {
  Subscriptions all;
  auto const settled = all.settle(kUri, Verdict::Accepted);
  EXPECT_TRUE(settled.waiting.empty());
  EXPECT_FALSE(settled.abandoned);
}

TEST(Subscriptions, OfAParentHearOfWhatLiesBelow) {
  Subscriptions all;
  subscribe_ann(all, R"("file:///dir")");
  (void)all.subscribe(R"("file:///dir/sub/")", by(kBob));
  (void)all.settle(R"("file:///dir/sub/")", Verdict::Accepted);
  EXPECT_EQ((Sessions{kAnn}), all.subscribers(R"("file:///dir/x")"));
  EXPECT_EQ((Sessions{kBob}), all.subscribers(R"("file:///dir/sub/x")"));
  EXPECT_EQ((Sessions{kAnn}), all.subscribers(R"("file:///dir")"));
  EXPECT_TRUE(all.subscribers(R"("file:///directory")").empty());
  EXPECT_TRUE(all.subscribers(R"("file:///di")").empty());
  EXPECT_TRUE(all.subscribers("").empty());
}

TEST(Subscriptions, AreAllToldToANewRunOfTheChild) {
  Subscriptions all;
  subscribe_ann(all, "\"a\"");
  subscribe_ann(all, "\"b\"");
  auto uris = all.uris();
  std::sort(uris.begin(), uris.end());
  EXPECT_EQ((std::vector<std::string>{"\"a\"", "\"b\""}), uris);
  EXPECT_FALSE(all.settle("\"a\"", Verdict::Accepted).abandoned);
  EXPECT_EQ((Sessions{kAnn}), all.subscribers("\"a\""));
}

TEST(Subscriptions, TakeInASessionThatWasSubscribedElsewhere) {
  Subscriptions from;
  subscribe_ann(from);
  subscribe_ann(from, R"("file:///b")");
  EXPECT_EQ(2U, from.held_by(kAnn).size());
  EXPECT_TRUE(from.held_by(kBob).empty());

  Subscriptions to;
  EXPECT_TRUE(to.adopt(kUri, kAnn));
  EXPECT_FALSE(to.adopt(kUri, kBob));
  auto const settled = to.settle(kUri, Verdict::Accepted);
  EXPECT_TRUE(settled.waiting.empty());
  EXPECT_FALSE(settled.abandoned);
  EXPECT_EQ((Sessions{kAnn, kBob}), to.subscribers(kUri));
}

TEST(Subscriptions, EndOneThatWasTakenInForASessionThatIsGone) {
  Subscriptions all;
  (void)all.adopt(kUri, kAnn);
  EXPECT_TRUE(all.leave(kAnn).empty());
  EXPECT_TRUE(all.settle(kUri, Verdict::Accepted).abandoned);
}

TEST(Subscriptions, SurviveARunThatEndsBeforeItHasAnswered) {
  Subscriptions all;
  (void)all.subscribe(kUri, by(kAnn));
  (void)all.settle(kUri, Verdict::Accepted);
  EXPECT_TRUE(all.settle(kUri, Verdict::RunEnded).waiting.empty());
  EXPECT_EQ(1U, all.uris().size());
  EXPECT_EQ(1U, all.subscribers(kUri).size());
}

TEST(Subscriptions, OfNobodyEndWithTheRun) {
  Subscriptions all;
  (void)all.subscribe(kUri, by(kAnn));
  EXPECT_EQ(1U, all.settle(kUri, Verdict::RunEnded).waiting.size());
  EXPECT_TRUE(all.uris().empty());
}

}  // namespace
}  // namespace gateway::mcp
