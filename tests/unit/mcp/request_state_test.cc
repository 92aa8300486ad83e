#include "gateway/mcp/request_state.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

class RequestStateTest : public ::testing::Test {
 protected:
  SystemEntropy entropy;
  StateSeal seal{entropy};
  RequestState const state{EditionId{1}, ChildId{3}, 7, 2, TimePoint(seconds(99))};
  StateBinding const binding{ServiceKey{1}, "alice", "key", 42};
};

TEST_F(RequestStateTest, OpensWhatItSealed) {
  auto const opened = seal.open(seal.seal(state, binding), binding);
  ASSERT_TRUE(opened);
  EXPECT_EQ(state.edition, opened->edition);
  EXPECT_EQ(state.child, opened->child);
  EXPECT_EQ(state.trip, opened->trip);
  EXPECT_EQ(state.round, opened->round);
  EXPECT_EQ(state.expires, opened->expires);
}

TEST_F(RequestStateTest, OpensNothingThatWasChanged) {
  auto const sealed = seal.seal(state, binding);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = changed[i] == '1' ? '2' : '1';
    EXPECT_FALSE(seal.open(changed, binding)) << i;
    EXPECT_FALSE(seal.open(std::string_view(sealed).substr(0, i), binding)) << i;
  }
  EXPECT_FALSE(seal.open("", binding));
  EXPECT_FALSE(seal.open(sealed + "0", binding));
}

TEST_F(RequestStateTest, OpensNothingForAnotherClientServiceOrRequest) {
  auto const sealed = seal.seal(state, binding);
  EXPECT_FALSE(seal.open(sealed, {ServiceKey{2}, "alice", "key", 42}));
  EXPECT_FALSE(seal.open(sealed, {ServiceKey{1}, "bob", "key", 42}));
  EXPECT_FALSE(seal.open(sealed, {ServiceKey{1}, "alice", "other", 42}));
  EXPECT_FALSE(seal.open(sealed, {ServiceKey{1}, "alic", "ekey", 42}));
  EXPECT_FALSE(seal.open(sealed, {ServiceKey{1}, "alice", "key", 43}));
}

TEST_F(RequestStateTest, OpensNothingOfAnotherProcess) {
  StateSeal const other(entropy);
  EXPECT_FALSE(other.open(seal.seal(state, binding), binding));
}

TEST_F(RequestStateTest, SaysWhichProcessSealedIt) {
  StateSeal const of_seven(entropy, {7});
  EXPECT_EQ(Generation{7}, StateSeal::issuer_of('"' + of_seven.seal(state, binding) + '"'));
  EXPECT_EQ(Generation{}, StateSeal::issuer_of('"' + seal.seal(state, binding) + '"'));
  for (auto const* const text : {R"("")", R"("a server's own")", R"("1.2.3.4.5.6.abc")", "7", "{}"})
    EXPECT_FALSE(StateSeal::issuer_of(text)) << text;
}

TEST(RequestDigest, IsThatOfTheRetry) {
  auto const first =
      mark_of(Method::ToolsCall, read_params(R"({"name":"a","arguments":{"x":1},"_meta":{"b":1}})")).digest;
  EXPECT_EQ(first, mark_of(Method::ToolsCall,
                           read_params(R"({"arguments":{"x":1},"requestState":"s","inputResponses":{},"name":"a"})"))
                       .digest);
  EXPECT_NE(first, mark_of(Method::ToolsCall, read_params(R"({"name":"b","arguments":{"x":1}})")).digest);
  EXPECT_NE(first, mark_of(Method::PromptsGet, read_params(R"({"name":"a","arguments":{"x":1}})")).digest);
}

}  // namespace
}  // namespace gateway::mcp
