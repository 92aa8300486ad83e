#include "gateway/mcp/session_envelope.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gateway::mcp {
namespace {

nlohmann::json parsed(std::string const& members) { return nlohmann::json::parse("{" + members + "}"); }

TEST(SessionEnvelope, SaysWhoTheClientIsAndWhatItCanDo) {
  auto const envelope = parsed(session_envelope(
      R"({"protocolVersion":"2025-11-25","clientInfo":{"name":"c",
          "version":"1"},"capabilities":{"sampling":{"tools":{}},"elicitation":{}}})"));
  EXPECT_EQ(nlohmann::json::parse(R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                            "io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},
                            "io.modelcontextprotocol/clientCapabilities":{"sampling":{"tools":{}},"elicitation":{}}})"),
            envelope);
}

TEST(SessionEnvelope, LeavesOutWhatTheStatelessRevisionDoesNotHave) {
  auto const envelope =
      parsed(session_envelope(R"({"capabilities":{"roots":{"listChanged":true,"x":1},"tasks":{"list":{}}}})"));
  EXPECT_EQ(nlohmann::json::parse(R"({"roots":{"x":1}})"), envelope["io.modelcontextprotocol/clientCapabilities"]);
  EXPECT_FALSE(envelope.contains("io.modelcontextprotocol/clientInfo"));
}

TEST(SessionEnvelope, IsOneLineAndWholeWhateverTheClientSaid) {
  for (auto const* const params : {"", "{}", R"({"capabilities":[1],"clientInfo":"x"})"}) {
    auto const envelope = parsed(session_envelope(params));
    EXPECT_EQ(nlohmann::json::object(), envelope["io.modelcontextprotocol/clientCapabilities"]) << params;
    EXPECT_EQ(2U, envelope.size()) << params;
  }
  auto const lines = session_envelope("{\"clientInfo\":{\n\"name\":\"c\"},\"capabilities\":{\r\n\"sampling\":\n{}}}");
  EXPECT_EQ(std::string::npos, lines.find_first_of("\r\n"));
}

TEST(SessionEnvelope, DoesNotRepeatWhatIsVeryLong) {
  auto const name = std::string(20'000, 'x');
  auto const envelope = session_envelope(R"({"clientInfo":{"name":")" + name + R"("},"capabilities":{"roots":{}}})");
  EXPECT_EQ(R"({"roots":{}})", capabilities_in(envelope));
  EXPECT_FALSE(parsed(envelope).contains("io.modelcontextprotocol/clientInfo"));
  EXPECT_EQ("{}", capabilities_in(session_envelope(R"({"capabilities":{"x":")" + name + R"("}})")));
}

TEST(SessionEnvelope, AsksForLogMessagesOfALevel) {
  auto const envelope = parsed(with_log_level(session_envelope("{}"), LogLevel::Warning));
  EXPECT_EQ("warning", envelope["io.modelcontextprotocol/logLevel"]);
}

TEST(SessionEnvelope, OfTheGatewayClaimsNothing) {
  auto const envelope = parsed(gateway_envelope("1.\"2"));
  EXPECT_EQ(nlohmann::json::object(), envelope["io.modelcontextprotocol/clientCapabilities"]);
  EXPECT_EQ(nlohmann::json::parse(R"({"name":"mcp-gateway","version":"1.\"2"})"),
            envelope["io.modelcontextprotocol/clientInfo"]);
}

}  // namespace
}  // namespace gateway::mcp
