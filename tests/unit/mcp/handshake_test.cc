#include "gateway/mcp/handshake.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace gateway::mcp {
namespace {

constexpr auto kResult =
    R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true},"logging":{},"tasks":{"list":{}}},)"
    R"("serverInfo":{"name":"s","version":"1.0"},"instructions":"\u00e9 1.0","extra":1.50})";

Handshake handshake(std::string_view result, Sharing sharing = Sharing::Shared) {
  auto read = Handshake::from(result, sharing);
  EXPECT_TRUE(read) << result;
  return read ? *std::move(read) : *Handshake::from(kResult, sharing);
}

TEST(Handshake, HasTheVersionOfAServiceInServerInfoAsBuildMetadata) {
  EXPECT_EQ(R"({"a":1,"serverInfo":{"name":"s","version":"1.0+next"},"b":"\u00e9"})",
            with_service_version(R"({"a":1,"serverInfo":{"name":"s","version":"1.0"},"b":"\u00e9"})", "next"));
  EXPECT_EQ(
      R"({"_meta":{"x":1,"io.modelcontextprotocol/serverInfo":{"version":"1.0+git7.next"}}})",
      with_service_version(R"({"_meta":{"x":1,"io.modelcontextprotocol/serverInfo":{"version":"1.0+git7"}}})", "next"));
  for (auto const* const other : {"[]", "null", R"({"serverInfo":1,"_meta":[]})", R"({"serverInfo":{"version":1}})"})
    EXPECT_EQ(other, with_service_version(other, "next"));
}

TEST(Handshake, ReadsWhatTheChildSaysOfItself) {
  auto const child = handshake(kResult);
  EXPECT_EQ(Revision::R2025_06_18, child.revision());
  EXPECT_EQ("2025-06-18", child.revision_text());
  EXPECT_TRUE(child.has_tools());
  EXPECT_TRUE(child.tells_tool_changes());
  EXPECT_TRUE(child.has_logging());
}

TEST(Handshake, ClaimsNothingTheChildDidNot) {
  auto const child = handshake(R"({"protocolVersion":"2024-11-05","capabilities":{"tools":{"listChanged":false}}})");
  EXPECT_TRUE(child.has_tools());
  EXPECT_FALSE(child.tells_tool_changes());
  EXPECT_FALSE(child.has_logging());
  EXPECT_FALSE(handshake(R"({"protocolVersion":"2024-11-05","capabilities":{}})").has_tools());
}

TEST(Handshake, CountsAnUnknownRevisionAsTheNewest) {
  auto const child = handshake(R"({"protocolVersion":"2099-01-01","capabilities":{}})");
  EXPECT_EQ(kNewest, child.revision());
  EXPECT_EQ("2099-01-01", child.revision_text());
}

TEST(Handshake, IsNothingWithoutVersionOrCapabilities) {
  for (auto const* const result :
       {"", "null", "[]", "{}", R"({"protocolVersion":"2025-06-18"})", R"({"capabilities":{}})",
        R"({"protocolVersion":20250618,"capabilities":{}})", R"({"protocolVersion":"2025-06-18","capabilities":[]})"}) {
    EXPECT_FALSE(Handshake::from(result, Sharing::Shared)) << result;
  }
}

TEST(Handshake, TellsEachClientTheRevisionItNegotiated) {
  auto child = handshake(kResult);
  for (auto const revision : {Revision::R2024_11_05, Revision::R2025_03_26, Revision::R2025_06_18}) {
    EXPECT_EQ(to_text(revision),
              nlohmann::json::parse(child.result_for(revision))["protocolVersion"].get<std::string>());
  }
}

TEST(Handshake, OffersNoTasksOfASharedChild) {
  auto shared = handshake(kResult);
  auto exclusive = handshake(kResult, Sharing::Exclusive);
  EXPECT_FALSE(nlohmann::json::parse(shared.result_for(kNewest))["capabilities"].contains("tasks"));
  EXPECT_TRUE(nlohmann::json::parse(exclusive.result_for(kNewest))["capabilities"].contains("tasks"));
}

TEST(Handshake, PassesEverythingElseOnByteForByte) {
  auto child = handshake(kResult, Sharing::Exclusive);
  EXPECT_EQ(kResult, child.result_for(Revision::R2025_06_18));
}

TEST(Handshake, IsTheSameWhenTheChildSaysTheSame) {
  EXPECT_TRUE(handshake(kResult).same_as(handshake(kResult)));
  EXPECT_FALSE(handshake(kResult).same_as(handshake(R"({"protocolVersion":"2025-06-18","capabilities":{}})")));
}

TEST(Handshake, AnswersDiscoverWithoutWhatTheStatelessRevisionDoesNotHave) {
  auto child = handshake(kResult);
  auto const result = nlohmann::json::parse(child.discover_result());
  EXPECT_EQ(nlohmann::json::parse(
                R"({"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true},"logging":{}},
                            "instructions":"\u00e9 1.0","resultType":"complete","ttlMs":0,"cacheScope":"private",
                            "_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1.0"}}})"),
            result);
}

TEST(Handshake, LetsAListBeKeptWhereTheChildReportsChanges) {
  auto const child = handshake(kResult);
  EXPECT_EQ(60000, child.list_ttl_ms(Method::ToolsList));
  EXPECT_EQ(0, child.list_ttl_ms(Method::PromptsList));
  EXPECT_EQ(0, child.list_ttl_ms(Method::ResourcesRead));
}

constexpr auto kDiscovered =
    R"({"supportedVersions":["2025-11-25","2026-07-28"],"capabilities":{"tools":{"listChanged":true},"extensions":{"x":{}}},)"
    R"("instructions":"\u00e9","resultType":"complete","ttlMs":7,"cacheScope":"public",)"
    R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s","version":"1.0"}}})";

TEST(Handshake, MadeFromADiscoverResultIntroducesTheChildToClientsWithSessions) {
  auto child = Handshake::from_discovery(kDiscovered, "service");
  ASSERT_TRUE(child);
  EXPECT_EQ(Era::Stateless, child->era());
  EXPECT_EQ("2026-07-28", child->revision_text());
  EXPECT_EQ(kNewest, child->revision());
  EXPECT_TRUE(child->has_tools() && child->tells_tool_changes());
  EXPECT_FALSE(child->has_logging());
  EXPECT_EQ(nlohmann::json::parse(R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},
                            "serverInfo":{"name":"s","version":"1.0"},"instructions":"\u00e9"})"),
            nlohmann::json::parse(child->result_for(Revision::R2025_06_18)));
}

TEST(Handshake, MadeFromADiscoverResultPassesItOnWithTheVersionsOfTheGateway) {
  auto expected = nlohmann::json::parse(kDiscovered);
  expected["supportedVersions"] = {"2026-07-28"};
  EXPECT_EQ(expected, nlohmann::json::parse(Handshake::from_discovery(kDiscovered, "service")->discover_result()));
}

TEST(Handshake, NamesAChildThatDoesNotSayWhoItIsByItsService) {
  auto child = Handshake::from_discovery(R"({"supportedVersions":["2026-07-28"],"capabilities":{}})", "my service");
  ASSERT_TRUE(child);
  EXPECT_EQ(nlohmann::json::parse(R"({"name":"my service","version":"0"})"),
            nlohmann::json::parse(child->result_for(kNewest))["serverInfo"]);
  auto const discovered = nlohmann::json::parse(child->discover_result());
  EXPECT_EQ(0, discovered["ttlMs"]);
  EXPECT_EQ("private", discovered["cacheScope"]);
  EXPECT_EQ("complete", discovered["resultType"]);
}

TEST(Handshake, IsNothingWithoutACommonVersion) {
  for (auto const* const result : {"", "{}", R"({"supportedVersions":["2027-01-01"],"capabilities":{}})",
                                   R"({"supportedVersions":["2026-07-28"]})",
                                   R"({"supportedVersions":"2026-07-28","capabilities":{}})", kResult}) {
    EXPECT_FALSE(Handshake::from_discovery(result, "s")) << result;
  }
}

TEST(InitializeParams, OfTheGatewayDeclareNoCapability) {
  auto const params = nlohmann::json::parse(shared_initialize_params("1.\"2", false));
  EXPECT_EQ(to_text(kNewest), params["protocolVersion"].get<std::string>());
  EXPECT_EQ(nlohmann::json::object(), params["capabilities"]);
  EXPECT_EQ("mcp-gateway", params["clientInfo"]["name"]);
  EXPECT_EQ("1.\"2", params["clientInfo"]["version"]);
}

TEST(InitializeParams, OfAClientReachItsOwnChildAsTheyAre) {
  EXPECT_EQ(
      R"({"protocolVersion":"2025-03-26","capabilities":{"roots":{}, "n":1.0},"clientInfo":{"name":"\u0061"}})",
      exclusive_initialize_params("{\"protocolVersion\":\"2025-03-26\",\n \"capabilities\":{\"roots\":{},\n\"n\":1.0},"
                                  "\"_meta\":{\"progressToken\":1}, \"clientInfo\":{\"name\":\"\\u0061\"}}"));
}

TEST(InitializeParams, NeverAskAChildForARevisionWithoutInitialize) {
  auto const params =
      nlohmann::json::parse(exclusive_initialize_params(R"({"protocolVersion":"2026-07-28","capabilities":{}})"));
  EXPECT_EQ(to_text(kNewest), params["protocolVersion"].get<std::string>());
}

TEST(AskedRevision, IsTheLastOneGiven) {
  EXPECT_EQ("2025-03-26", asked_revision(R"({"protocolVersion":"x","protocolVersion":"2025-03-2\u0036"})"));
  EXPECT_EQ("", asked_revision("{}"));
  EXPECT_EQ("", asked_revision(""));
}

}  // namespace
}  // namespace gateway::mcp
