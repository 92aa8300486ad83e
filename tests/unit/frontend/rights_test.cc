#include "gateway/frontend/rights.h"

#include <gtest/gtest.h>

namespace gateway::frontend {
namespace {

using auth::Asset;
using config::Effect;

/// What a request names, as "tool:NAME" and so on. The text outlives the call.
std::string named(std::string const& text) {
  auto const read = mcp::read_client_message(text);
  std::string all;
  for (auto const& each : named_in(std::get<mcp::ClientMessage>(read))) {
    constexpr std::string_view kWords[]{"tool", "prompt", "resource", "other"};
    all += std::string(all.empty() ? "" : " ") + std::string(kWords[static_cast<int>(each.asset)]) + ":" + each.name;
  }
  return all;
}

std::string asked(std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" + std::string(params) + "}";
}

TEST(RightsTest, KnowWhatARequestNames) {
  EXPECT_EQ("tool:get", named(asked("tools/call", R"({"name":"get"})")));
  EXPECT_EQ("tool:get", named(asked("tools/call", R"({"name":"\u0067et"})")));
  EXPECT_EQ("tool:", named(asked("tools/call", "{}")));
  EXPECT_EQ("prompt:p", named(asked("prompts/get", R"({"name":"p"})")));
  EXPECT_EQ("resource:r:1", named(asked("resources/read", R"({"uri":"r:1"})")));
  EXPECT_EQ("resource:r:1", named(asked("resources/subscribe", R"({"uri":"r:1"})")));
  EXPECT_EQ("other:x/y", named(asked("x/y", "{}")));
  EXPECT_EQ("", named(asked("tools/list", "{}")));
  EXPECT_EQ("", named(asked("ping", "{}")));
}

TEST(RightsTest, KnowWhatACompletionIsForHoweverItIsSpelled) {
  EXPECT_EQ("prompt:p",
            named(asked("completion/complete", R"({"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"x"}})")));
  EXPECT_EQ("resource:r:{x}", named(asked("completion/complete", R"({"ref":{"type":"ref/resource","uri":"r:{x}"}})")));
  EXPECT_EQ("prompt:p prompt:q", named(asked("completion/complete", R"({"ref":{"name":"p"},"Ref":{"Name":"q"}})")));
}

TEST(RightsTest, TakeACompletionForNothingKnownAsAMethodOfItsOwn) {
  EXPECT_EQ("other:completion/complete", named(asked("completion/complete", R"({"ref":[{"uri":"r:1"}]})")));
  EXPECT_EQ("other:completion/complete", named(asked("completion/complete", "{}")));
}

TEST(RightsTest, KnowWhatIsListenedTo) {
  EXPECT_EQ("resource:r:1 resource:r:2",
            named(asked("subscriptions/listen",
                        R"({"notifications":{"toolsListChanged":true,"resourceSubscriptions":["r:1","r:2"]}})")));
}

class JudgedTest : public ::testing::Test {
 protected:
  Ruling judge(std::string const& text) {
    auth::Policy const policy(config_);
    Principal ann{.id = {.name = "ann"}, .scopes = {.names = {"read"}}};
    policy.find_rules(ann);
    auto const read = mcp::read_client_message(text);
    return judge_by_policy(policy, ann, "one", std::get<mcp::ClientMessage>(read));
  }
  config::PolicyConfig config_{.otherwise = Effect::Deny,
                               .rules = {{.effect = Effect::Allow, .scopes = {"read"}, .tools = {"get_*"}},
                                         {.effect = Effect::Allow, .scopes = {"write"}, .tools = {"set_*"}}}};
};

TEST_F(JudgedTest, PassesWhatIsAllowed) {
  EXPECT_FALSE(judge(asked("tools/call", R"({"name":"get_x"})")).refused);
  EXPECT_FALSE(judge(asked("ping", "{}")).refused);
}

TEST_F(JudgedTest, RefusesWhatIsNot) {
  auto const refused = judge(asked("tools/call", R"({"name":"drop"})")).refused;
  ASSERT_TRUE(refused);
  EXPECT_EQ(mcp::Outcome::Forbidden, refused->outcome);
  EXPECT_EQ("the tool 'drop' is not allowed for 'ann'", refused->message);
  EXPECT_TRUE(judge(asked("x/y", "{}")).refused);
}

TEST_F(JudgedTest, SaysWhichScopeIsMissing) {
  auto const ruling = judge(asked("tools/call", R"({"name":"set_x"})"));
  ASSERT_TRUE(ruling.refused);
  EXPECT_EQ(mcp::Outcome::MissingScope, ruling.refused->outcome);
  EXPECT_EQ(std::vector<std::string>{"write"}, ruling.scopes);
  EXPECT_EQ("the tool 'set_x' is not allowed for 'ann': a token with the scope write is needed",
            ruling.refused->message);
}

TEST_F(JudgedTest, CutsListsToWhatIsAllowed) {
  auto const ruling = judge(asked("tools/list", "{}"));
  ASSERT_TRUE(ruling.names);
  EXPECT_TRUE(ruling.names->allows("get_x"));
  EXPECT_FALSE(ruling.names->allows("set_x"));
  config_ = {.rules = {{.effect = Effect::Deny, .prompts = {"p"}}}};
  EXPECT_FALSE(judge(asked("tools/list", "{}")).names);
}

}  // namespace
}  // namespace gateway::frontend
