#include "gateway/frontend/homes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/fakes/parsed_request.h"

namespace gateway::frontend {
namespace {

constexpr http::ListenerTag kMain{};

Endpoints four() { return {{"a", "b", "c", "d"}, false}; }

std::optional<std::size_t> home(Homes const& homes, std::string const& target, http::ListenerTag tag = kMain,
                                std::string const& host = "localhost") {
  fakes::ParsedRequest const request{"GET " + target + " HTTP/1.1", "Host: " + host};
  return homes.of(tag, request.head);
}

TEST(Homes, AreGivenOutInTheOrderOfTheServices) {
  Homes const homes(four(), 3);
  EXPECT_EQ(0U, homes.of(ServiceIndex{0}));
  EXPECT_EQ(1U, homes.of(ServiceIndex{1}));
  EXPECT_EQ(2U, homes.of(ServiceIndex{2}));
  EXPECT_EQ(0U, homes.of(ServiceIndex{3}));
}

TEST(Homes, AreFoundByWhateverNamesTheService) {
  Homes const homes(four(), 3);
  EXPECT_EQ(1U, home(homes, "/b/mcp"));
  EXPECT_EQ(2U, home(homes, "/servers/c/sse"));
  EXPECT_EQ(0U, home(homes, "/d/messages?sessionId=Bxxx"));
  EXPECT_EQ(2U, home(homes, "/c/health"));
  EXPECT_EQ(1U, home(homes, "/mcp", kMain, "mcp-b:8080"));
  EXPECT_EQ(2U, home(homes, "/mcp", Endpoints::own_listener(ServiceIndex{2})));
}

TEST(Homes, AreAnywhereForWhatNamesNoService) {
  Homes const homes(four(), 3);
  for (auto const* const target : {"/", "/x/mcp", "/a", "/mcp", "/b/nothing"}) {
    EXPECT_EQ(std::nullopt, home(homes, target)) << target;
  }
}

TEST(Homes, AreTheFirstLoopForTheHealthOfAll) { EXPECT_EQ(0U, home(Homes(four(), 3), "/health")); }

TEST(Homes, AreToldByTheSessionWhereNothingElseTells) {
  Homes const homes(four(), 3);
  for (std::size_t loop = 0; loop < 3; ++loop) {
    EXPECT_EQ(loop, home(homes, "/messages?sessionId=" + homes.token_front(loop) + "abc"));
    EXPECT_EQ(loop, home(homes, "/messages?x=y&session_id=" + homes.token_front(loop)));
  }
  for (auto const* const token : {"", "?", "%41", "D", "_"}) {
    EXPECT_EQ(std::nullopt, home(homes, "/messages?sessionId=" + std::string(token))) << token;
  }
  EXPECT_EQ(std::nullopt, home(homes, "/messages"));
}

TEST(Homes, GiveEachLoopATokenFrontOfItsOwn) {
  Homes const homes(four(), Homes::kMaxLoops);
  std::set<std::string> fronts;
  for (std::size_t loop = 0; loop < Homes::kMaxLoops; ++loop) fronts.insert(homes.token_front(loop));
  EXPECT_EQ(Homes::kMaxLoops, fronts.size());
  EXPECT_EQ("", Homes(four(), 1).token_front(0));
}

}  // namespace
}  // namespace gateway::frontend
