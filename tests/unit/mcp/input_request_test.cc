#include "gateway/mcp/input_request.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

constexpr auto kForm = R"({"message":"?","requestedSchema":{}})";
constexpr auto kUrl = R"({"mode":"url","url":"https://x","message":"?","elicitationId":"e"})";

TEST(InputRequest, MayComeInThreeRequestsAlone) {
  for (auto const method : {Method::ToolsCall, Method::PromptsGet, Method::ResourcesRead}) {
    EXPECT_TRUE(may_need_input(method));
  }
  for (auto const method : {Method::ToolsList, Method::CompletionComplete, Method::SubscriptionsListen}) {
    EXPECT_FALSE(may_need_input(method));
  }
}

TEST(InputRequest, IsOnlyForClientsThatDeclareIt) {
  EXPECT_TRUE(can_be_asked(R"({"sampling":{}})", Method::SamplingCreateMessage, "{}"));
  EXPECT_FALSE(can_be_asked(R"({"roots":{}})", Method::SamplingCreateMessage, "{}"));
  EXPECT_TRUE(can_be_asked(R"({"roots":{}})", Method::RootsList, ""));
  EXPECT_FALSE(can_be_asked("{}", Method::ElicitationCreate, kForm));
  EXPECT_FALSE(can_be_asked(R"({"sampling":{}})", Method::Other, "{}"));
}

TEST(InputRequest, TellsTheModesOfElicitationApart) {
  EXPECT_TRUE(can_be_asked(R"({"elicitation":{}})", Method::ElicitationCreate, kForm));
  EXPECT_FALSE(can_be_asked(R"({"elicitation":{}})", Method::ElicitationCreate, kUrl));
  EXPECT_TRUE(can_be_asked(R"({"elicitation":{"url":{}}})", Method::ElicitationCreate, kUrl));
  EXPECT_FALSE(can_be_asked(R"({"elicitation":{"url":{}}})", Method::ElicitationCreate, kForm));
  EXPECT_TRUE(can_be_asked(R"({"elicitation":{"form":{},"url":{}}})", Method::ElicitationCreate, kForm));
}

TEST(InputRequest, LeavesOutWhatOnlySessionsHave) {
  EXPECT_EQ(R"({"mode":"url","url":"https://x","message":"?"})", params_for_input(kUrl));
  EXPECT_EQ(R"({"a":1,"_meta":{"mine":2}})",
            params_for_input(R"({"a":1,"task":{},"_meta":{"progressToken":1,"mine":2}})"));
  EXPECT_EQ("{}", params_for_input(""));
}

TEST(InputRequest, IsPutInAResult) {
  EXPECT_EQ(
      R"({"resultType":"input_required","inputRequests":{"a":{"method":"roots/list","params":{}}},"requestState":"s"})",
      input_required({{"a", Method::RootsList, "{}"}}, "s"));
}

TEST(InputRequest, IsAnsweredByAResultOfItsKind) {
  EXPECT_TRUE(is_input_response(Method::ElicitationCreate, R"({"action":"decline"})"));
  EXPECT_FALSE(is_input_response(Method::ElicitationCreate, R"({"action":"maybe"})"));
  EXPECT_FALSE(is_input_response(Method::ElicitationCreate, R"({"error":{}})"));
  EXPECT_TRUE(is_input_response(Method::RootsList, R"({"roots":[]})"));
  EXPECT_FALSE(is_input_response(Method::RootsList, R"({})"));
  EXPECT_TRUE(is_input_response(Method::SamplingCreateMessage, R"({"role":"assistant","content":{},"model":"m"})"));
  EXPECT_FALSE(is_input_response(Method::SamplingCreateMessage, R"("text")"));
  EXPECT_FALSE(is_input_response(Method::SamplingCreateMessage, ""));
}

TEST(InputRequest, StandsForTheUrlsOfAnError) {
  EXPECT_EQ(
      R"({"resultType":"input_required","inputRequests":{"input-1":{"method":"elicitation/create","params":{"mode":"url","url":"https://x","message":"?"}}}})",
      input_required_by(std::string(R"({"code":-32042,"message":"m","data":{"elicitations":[)") + kUrl + "]}}"));
  EXPECT_EQ("", input_required_by(R"({"code":-32602,"message":"m"})"));
  EXPECT_EQ("", input_required_by(R"({"code":-32042,"message":"m"})"));
}

}  // namespace
}  // namespace gateway::mcp
