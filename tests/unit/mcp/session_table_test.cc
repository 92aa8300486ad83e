#include "gateway/mcp/session_table.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/fakes/counted_entropy.h"

namespace gateway::mcp {
namespace {

constexpr ServiceKey kService{0};

class SessionTableTest : public ::testing::Test {
 protected:
  Session& open(Transport transport = Transport::Http, int second = 0) {
    return table.open(kService, transport, TimePoint{} + seconds(second));
  }

  fakes::CountedEntropy entropy;
  SessionTable table{entropy};
};

TEST_F(SessionTableTest, FindsASessionByItsIdAndItsToken) {
  auto& session = open();
  EXPECT_EQ(27U, session.token.size());
  EXPECT_EQ(&session, table.find(session.id));
  EXPECT_EQ(&session, table.find(session.token));
}

TEST_F(SessionTableTest, GivesEachSessionATokenOfItsOwn) {
  SystemEntropy real;
  SessionTable many(real);
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(many.open(kService, Transport::Http, {}).token);
  EXPECT_EQ(1000U, tokens.size());
}

TEST_F(SessionTableTest, PutsInFrontOfEachTokenWhatItWasToldTo) {
  SessionTable marked(entropy, "C");
  auto const& session = marked.open(kService, Transport::Sse, {});
  EXPECT_EQ('C', session.token.front());
  EXPECT_EQ(28U, session.token.size());
  EXPECT_EQ(&session, marked.find(session.token));
}

TEST_F(SessionTableTest, FindsNobodyByATokenItDidNotGive) {
  auto const& session = open();
  EXPECT_EQ(nullptr, table.find(""));
  EXPECT_EQ(nullptr, table.find(session.token + "x"));
  EXPECT_EQ(nullptr, table.find(session.token.substr(1)));
}

TEST_F(SessionTableTest, GivesAOneShotSessionNoToken) {
  auto const& session = open(Transport::OneShot);
  EXPECT_EQ("", session.token);
  EXPECT_EQ(nullptr, table.find(""));
  EXPECT_NE(nullptr, table.find(session.id));
}

TEST_F(SessionTableTest, ForgetsAClosedSessionWholly) {
  auto const& session = open();
  auto const id = session.id;
  auto const token = session.token;
  (void)table.close(id);
  EXPECT_EQ(nullptr, table.find(id));
  EXPECT_EQ(nullptr, table.find(token));
  EXPECT_EQ(nullptr, table.oldest());
  EXPECT_EQ(0U, table.size());
  (void)table.close(id);
  EXPECT_EQ(0U, table.size());
}

TEST_F(SessionTableTest, NeverGivesAnIdTwice) {
  std::set<SessionId> ids;
  for (int i = 0; i < 1000; ++i) {
    auto const id = open().id;
    EXPECT_TRUE(ids.insert(id).second);
    if (i % 2 == 0) (void)table.close(id);
  }
}

TEST_F(SessionTableTest, KnowsWhichSessionWasUsedLongestAgo) {
  auto& first = open(Transport::Http, 1);
  auto& second = open(Transport::Http, 2);
  EXPECT_EQ(&first, table.oldest());
  table.touch(first, TimePoint{} + seconds(3));
  EXPECT_EQ(&second, table.oldest());
  EXPECT_EQ(TimePoint{} + seconds(3), first.last_used);
}

TEST_F(SessionTableTest, CountsOnlyStreamableSessionsAsIdle) {
  (void)open(Transport::Sse);
  (void)open(Transport::OneShot);
  EXPECT_EQ(nullptr, table.oldest());
  auto const& streamable = open(Transport::Http);
  EXPECT_EQ(&streamable, table.oldest());
}

TEST(Session, FindsAndForgetsItsOpenRequestsByRawId) {
  Session session;
  for (auto const* const id : {"1", "\"1\"", "2"}) session.open.push_back({id, CallId{}});
  EXPECT_EQ("\"1\"", session.find_open("\"1\"")->id);
  session.close("1");
  session.close("3");
  EXPECT_EQ(nullptr, session.find_open("1"));
  EXPECT_NE(nullptr, session.find_open("2"));
  EXPECT_EQ(2U, session.open.size());
}

}  // namespace
}  // namespace gateway::mcp
