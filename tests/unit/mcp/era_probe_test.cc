#include "gateway/mcp/era_probe.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

using Answer = EraAnswer;

EraProbe begun(KnownEra known = {}) {
  EraProbe probe(known);
  EXPECT_EQ(known.era == Era::Sessions ? EraStep::Initialize : EraStep::Discover, probe.begin());
  return probe;
}

TEST(EraProbe, TakesTheAnswerToDiscover) {
  auto probe = begun();
  EXPECT_EQ(EraStep::TakeDiscovery, probe.discovered(Answer::Speaks));
  EXPECT_EQ(EraStep::Wait, probe.silent());
}

TEST(EraProbe, InitializesAServerThatDoesNotKnowDiscover) {
  auto probe = begun();
  EXPECT_EQ(EraStep::Initialize, probe.discovered(Answer::Refuses));
  EXPECT_EQ(EraStep::TakeInitialize, probe.initialized(Answer::Speaks));
}

TEST(EraProbe, FailsWhereBothAreRefused) {
  auto probe = begun();
  EXPECT_EQ(EraStep::Initialize, probe.discovered(Answer::Refuses));
  EXPECT_EQ(EraStep::Fail, probe.initialized(Answer::Refuses));
}

TEST(EraProbe, NeverInitializesAServerThatListsItsVersions) {
  auto other = begun();
  EXPECT_EQ(EraStep::Fail, other.discovered(Answer::NamesVersions));
  auto ours = begun();
  EXPECT_EQ(EraStep::Discover, ours.discovered(Answer::AskAgain));
  EXPECT_EQ(EraStep::TakeDiscovery, ours.discovered(Answer::Speaks));
  auto confused = begun();
  EXPECT_EQ(EraStep::Discover, confused.discovered(Answer::AskAgain));
  EXPECT_EQ(EraStep::Fail, confused.discovered(Answer::AskAgain));
}

TEST(EraProbe, InitializesASilentServerAndWaitsForBothAnswers) {
  auto sessions = begun();
  EXPECT_EQ(EraStep::Initialize, sessions.silent());
  EXPECT_EQ(EraStep::Wait, sessions.silent());
  EXPECT_EQ(EraStep::TakeInitialize, sessions.initialized(Answer::Speaks));
  EXPECT_EQ(EraStep::Wait, sessions.discovered(Answer::Speaks));

  auto pinned = begun();  // it answers both, and is bound to the second
  EXPECT_EQ(EraStep::Initialize, pinned.silent());
  EXPECT_EQ(EraStep::Wait, pinned.discovered(Answer::Speaks));
  EXPECT_EQ(EraStep::TakeInitialize, pinned.initialized(Answer::Speaks));

  auto stateless = begun();
  EXPECT_EQ(EraStep::Initialize, stateless.silent());
  EXPECT_EQ(EraStep::Wait, stateless.discovered(Answer::Speaks));
  EXPECT_EQ(EraStep::TakeDiscovery, stateless.initialized(Answer::Refuses));

  auto reversed = begun();
  EXPECT_EQ(EraStep::Initialize, reversed.silent());
  EXPECT_EQ(EraStep::Wait, reversed.initialized(Answer::NamesVersions));
  EXPECT_EQ(EraStep::TakeDiscovery, reversed.discovered(Answer::Speaks));

  auto neither = begun();
  EXPECT_EQ(EraStep::Initialize, neither.silent());
  EXPECT_EQ(EraStep::Wait, neither.initialized(Answer::Refuses));
  EXPECT_EQ(EraStep::Fail, neither.discovered(Answer::Refuses));
}

TEST(EraProbe, BeginsWithWhatIsKnownAndTriesTheOtherWhereTheServerNamesIt) {
  auto sessions = begun({.era = Era::Sessions});
  EXPECT_EQ(EraStep::Discover, sessions.initialized(Answer::NamesVersions));
  EXPECT_EQ(EraStep::TakeDiscovery, sessions.discovered(Answer::Speaks));
  auto stateless = begun({.era = Era::Stateless});
  EXPECT_EQ(EraStep::Wait, stateless.silent());
  EXPECT_EQ(EraStep::Fail, stateless.discovered(Answer::Refuses));
}

TEST(EraProbe, TriesNothingElseWhereTheConfigurationSays) {
  auto sessions = begun({.era = Era::Sessions, .certain = true});
  EXPECT_EQ(EraStep::Fail, sessions.initialized(Answer::NamesVersions));
  auto stateless = begun({.era = Era::Stateless, .certain = true});
  EXPECT_EQ(EraStep::Fail, stateless.discovered(Answer::Refuses));
}

TEST(EraProbe, TakesAnExitForAnAnswerOnlyWhileNothingWasAnswered) {
  auto probe = begun();
  EXPECT_TRUE(probe.exit_means_sessions());
  EXPECT_EQ(EraStep::Initialize, probe.silent());
  EXPECT_TRUE(probe.exit_means_sessions()) << "it may have read the first request late";
  (void)probe.discovered(Answer::Refuses);
  EXPECT_FALSE(probe.exit_means_sessions());
  EXPECT_FALSE(begun({.era = Era::Stateless}).exit_means_sessions());
  EXPECT_FALSE(begun({.era = Era::Sessions}).exit_means_sessions());
}

TEST(EraAnswer, IsReadFromErrors) {
  EXPECT_EQ(Answer::Refuses, answer_to_discover(R"({"code":-32601})"));
  EXPECT_EQ(Answer::Refuses, answer_to_discover(R"({"code":-32022})"));
  EXPECT_EQ(Answer::Refuses, answer_to_discover(R"({"code":-32602,"data":{"supported":["2026-07-28"]}})"));
  EXPECT_EQ(Answer::AskAgain, answer_to_discover(R"({"code":-32022,"data":{"supported":["x","2026-07-28"]}})"));
  EXPECT_EQ(Answer::NamesVersions, answer_to_discover(R"({"code":-32022,"data":{"supported":["2027-01-01"]}})"));
  EXPECT_EQ(Answer::NamesVersions, answer_to_initialize(R"({"code":-32022,"message":"m"})"));
  EXPECT_EQ(Answer::NamesVersions, answer_to_initialize(R"({"code":-32602,"data":{"supported":["2026-07-28"]}})"));
  EXPECT_EQ(Answer::Refuses, answer_to_initialize(R"({"code":-32601,"message":"m"})"));
}

}  // namespace
}  // namespace gateway::mcp
