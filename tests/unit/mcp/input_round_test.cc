#include "gateway/mcp/input_round.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gateway::mcp {
namespace {

constexpr auto kInputRequired = R"({"resultType":"input_required","requestState":"s\u00e9\/","inputRequests":{
    "a":{"method":"elicitation/create","params":{"message":"m",
         "requestedSchema":{"n":1.0}}},"b\"":{"method":"roots/list"}}})";

NeededInput needed(Method method, std::string params = "{}") {
  return {.key = "k", .method = method, .params = std::move(params), .response = {}};
}

bool can_be_asked(NeededInput const& input, std::string const& capabilities, Revision revision = kNewest) {
  return why_not_asked(input, capabilities, revision).empty();
}

TEST(InputRound, ReadsWhatTheServerNeeds) {
  auto const round = read_input_round(kInputRequired);
  ASSERT_TRUE(round);
  EXPECT_EQ(R"("s\u00e9\/")", round->state);
  ASSERT_EQ(2U, round->needed.size());
  EXPECT_EQ("a", round->needed[0].key);
  EXPECT_EQ(Method::ElicitationCreate, round->needed[0].method);
  EXPECT_EQ(std::string::npos, round->needed[0].params.find('\n'));
  EXPECT_NE(std::string::npos, round->needed[0].params.find("1.0"));
  EXPECT_EQ(R"(b\")", round->needed[1].key);
  EXPECT_EQ("{}", round->needed[1].params);
}

TEST(InputRound, IsNothingThatAsksForNothingOrForWhatIsNoRequestToAClient) {
  for (auto const* const result :
       {"", "{}", R"({"inputRequests":{}})", R"({"requestState":1})", R"({"inputRequests":[]})",
        R"({"inputRequests":{"k":{"method":"tools/call"}},"requestState":"s"})", R"({"inputRequests":{"k":1}})"}) {
    EXPECT_FALSE(read_input_round(result)) << result;
  }
  EXPECT_TRUE(read_input_round(R"({"requestState":""})"));
}

TEST(InputRound, IsNothingThatAsksForVeryMuch) {
  std::string result = R"({"inputRequests":{)";
  for (auto i = 0; i < 65; ++i) result += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"method":"roots/list"})";
  EXPECT_FALSE(read_input_round(result + "}}"));
}

TEST(InputRound, AsksAClientForWhatItOffersAlone) {
  EXPECT_TRUE(can_be_asked(needed(Method::RootsList), R"({"roots":{}})"));
  EXPECT_FALSE(can_be_asked(needed(Method::RootsList), R"({"roots":true})"));
  EXPECT_FALSE(can_be_asked(needed(Method::RootsList), "{}"));
  EXPECT_TRUE(can_be_asked(needed(Method::SamplingCreateMessage), R"({"sampling":{}})"));
  EXPECT_FALSE(can_be_asked(needed(Method::SamplingCreateMessage, R"({"tools":[]})"), R"({"sampling":{}})"));
  EXPECT_TRUE(can_be_asked(needed(Method::SamplingCreateMessage, R"({"tools":[]})"), R"({"sampling":{"tools":{}}})"));
  EXPECT_FALSE(why_not_asked(needed(Method::RootsList), "", kNewest).empty());
}

TEST(InputRound, TellsFormsFromUrls) {
  auto const url = needed(Method::ElicitationCreate, R"({"mode":"url","url":"u"})");
  auto const form = needed(Method::ElicitationCreate, R"({"mode":"form"})");
  EXPECT_TRUE(can_be_asked(form, R"({"elicitation":{}})"));
  EXPECT_TRUE(can_be_asked(form, R"({"elicitation":{"form":{},"url":{}}})"));
  EXPECT_FALSE(can_be_asked(form, R"({"elicitation":{"url":{}}})"));
  EXPECT_TRUE(can_be_asked(url, R"({"elicitation":{"url":{}}})"));
  EXPECT_FALSE(can_be_asked(url, R"({"elicitation":{}})"));
  EXPECT_FALSE(can_be_asked(url, R"({"elicitation":{"url":{}}})", Revision::R2025_06_18));
}

TEST(InputRound, GivesAVisitToAUrlTheIdThatItsRevisionRequires) {
  EXPECT_EQ(
      R"({"mode":"url","url":"u","elicitationId":"1"})",
      params_for_client(needed(Method::ElicitationCreate, R"({"mode":"url","elicitationId":"x","url":"u"})"), "1"));
  EXPECT_EQ(R"({"message": "m"})", params_for_client(needed(Method::ElicitationCreate, R"({"message": "m"})"), "1"));
}

TEST(InputRound, RepeatsTheRequestWithTheResponsesAndTheExactState) {
  auto round = *read_input_round(kInputRequired);
  round.needed[0].response = R"({"action":"accept","content":{"n":1.0}})";
  round.needed[1].response = R"({"roots":[]})";
  EXPECT_EQ(R"({"name":"t","arguments":{"x":1.0},"inputResponses":{"a":{"action":"accept","content":{"n":1.0}},)"
            R"("b\"":{"roots":[]}},"requestState":"s\u00e9\/"})",
            params_with_input(R"({"name":"t","requestState":"old","inputResponses":{},"arguments":{"x":1.0}})", round));
  EXPECT_EQ(R"({"requestState":"s"})", params_with_input("{}", *read_input_round(R"({"requestState":"s"})")));
}

}  // namespace
}  // namespace gateway::mcp
