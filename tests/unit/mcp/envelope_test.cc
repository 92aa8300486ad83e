#include "gateway/mcp/envelope.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

constexpr std::string_view kPrefix = "io.modelcontextprotocol/";

std::string meta(std::string_view members) {
  std::string out(members);
  for (std::size_t at = 0; (at = out.find("@", at)) != std::string::npos;) out.replace(at, 1, kPrefix);
  return out;
}

RawEnvelope raw_envelope(std::string_view raw_meta) {
  RawEnvelope raw;
  rpc::MemberWalk walk(raw_meta);
  while (auto const member = walk.next()) raw.take(*member);
  return raw;
}

std::string why_invalid(std::string_view members) {
  auto const text = meta(members);
  auto const read = read_envelope(raw_envelope(text));
  auto const* const invalid = std::get_if<InvalidEnvelope>(&read);
  return invalid != nullptr ? invalid->why : "valid";
}

TEST(Envelope, IsReadFromMeta) {
  auto const text = meta(R"({"progressToken":1,"@clientInfo":{"name":"c"},"@clientCapabilities":{"roots":{}},
                             "@protocolVersion":"2026-07-28","@logLevel":"warning","x/y":2})");
  auto const read = read_envelope(raw_envelope(text));
  auto const& envelope = std::get<Envelope>(read);
  EXPECT_EQ("2026-07-28", envelope.version);
  EXPECT_EQ(R"({"roots":{}})", envelope.capabilities);
  EXPECT_EQ(R"({"name":"c"})", envelope.client_info);
  EXPECT_EQ(LogLevel::Warning, envelope.log_level);
}

TEST(Envelope, NeedsNoClientInfoAndNoLogLevel) {
  auto const text = meta(R"({"@protocolVersion":"2026-07-28","@clientCapabilities":{}})");
  auto const read = read_envelope(raw_envelope(text));
  auto const& envelope = std::get<Envelope>(read);
  EXPECT_EQ("", envelope.client_info);
  EXPECT_EQ(std::nullopt, envelope.log_level);
}

TEST(Envelope, IsAbsentWithoutAVersion) {
  for (auto const* const members : {"", "{}", "null", R"({"progressToken":7})", R"({"@clientCapabilities":{}})",
                                    R"({"protocolVersion":"2026-07-28"})", R"(["@protocolVersion"])"}) {
    auto const text = meta(members);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(read_envelope(raw_envelope(text)))) << members;
  }
}

TEST(Envelope, ReportsTheInvalidKey) {
  auto const expected = [](std::string_view key, std::string_view what) {
    return fmt::format("_meta[\"{}{}\"] must be {}", kPrefix, key, what);
  };
  EXPECT_EQ(expected("protocolVersion", "a string"),
            why_invalid(R"({"@protocolVersion":20260728,"@clientCapabilities":{}})"));
  EXPECT_EQ(expected("clientCapabilities", "an object"), why_invalid(R"({"@protocolVersion":"2026-07-28"})"));
  EXPECT_EQ(expected("clientCapabilities", "an object"),
            why_invalid(R"({"@protocolVersion":"2026-07-28","@clientCapabilities":[]})"));
  EXPECT_EQ(expected("clientInfo", "an object"),
            why_invalid(R"({"@protocolVersion":"2026-07-28","@clientCapabilities":{},"@clientInfo":"c"})"));
  auto const levels = "one of debug, info, notice, warning, error, critical, alert, emergency";
  EXPECT_EQ(expected("logLevel", levels),
            why_invalid(R"({"@protocolVersion":"2026-07-28","@clientCapabilities":{},"@logLevel":"loud"})"));
  EXPECT_EQ(expected("logLevel", levels),
            why_invalid(R"({"@protocolVersion":"2026-07-28","@clientCapabilities":{},"@logLevel":4})"));
}

TEST(Envelope, HasEachKeyOnceHoweverItIsSpelled) {
  EXPECT_EQ(fmt::format("_meta[\"{}protocolVersion\"] must be given once", kPrefix),
            why_invalid(
                R"({"@protocolVersion":"2026-07-28","@clientCapabilities":{},"@protocolVersi\u006fn":"2025-11-25"})"));
}

}  // namespace
}  // namespace gateway::mcp
