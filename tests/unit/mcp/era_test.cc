#include "gateway/mcp/era.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

using rpc::ErrorCode;

constexpr std::string_view kEnvelope =
    R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{})";

/// A POST, in as few words as a test needs.
struct Posted {
  std::string method = "tools/call";
  std::string meta = std::string(kEnvelope);
  std::string params = R"("name":"echo")";
  HeaderValue version{kStatelessRevision};
  HeaderValue method_header{"tools/call"};
  HeaderValue name{"echo"};
  bool request = true;

  [[nodiscard]] EraVerdict verdict() const {
    auto const text = fmt::format(R"({{"jsonrpc":"2.0",{}"method":"{}","params":{{{}{}"_meta":{{{}}}}}}})",
                                  request ? R"("id":1,)" : "", method, params, params.empty() ? "" : ",", meta);
    auto const read = read_client_message(text);
    return era_of(std::get<ClientMessage>(read), {version, method_header, name});
  }
};

bool with_session(EraVerdict const& verdict) { return std::holds_alternative<WithSession>(verdict); }
bool stateless(EraVerdict const& verdict) { return std::holds_alternative<Stateless>(verdict); }
/// The code of a rejection; 0 for no rejection.
int code(EraVerdict const& verdict) {
  auto const* const rejection = std::get_if<EraRejection>(&verdict);
  return rejection != nullptr ? static_cast<int>(rejection->code) : 0;
}

TEST(Era, IsStatelessWhereEnvelopeAndHeadersSaySo) {
  auto const verdict = Posted{}.verdict();
  EXPECT_TRUE(std::get<Stateless>(verdict).envelope);
}

TEST(Era, HasSessionsWhereNothingSaysOtherwise) {
  for (auto const version : {HeaderValue{}, HeaderValue{"2025-11-25"}, HeaderValue{"2030-01-01"}}) {
    EXPECT_TRUE(with_session(Posted{.meta = "", .version = version, .method_header = {}, .name = {}}.verdict()));
  }
}

TEST(Era, OfInitializeHasSessionsUnlessEnvelopeAndVersionAreTheStatelessOnes) {
  EXPECT_TRUE(with_session(Posted{.method = "initialize", .meta = "", .version = {"2025-11-25"}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.method = "initialize", .meta = ""}.verdict()));
  EXPECT_TRUE(stateless(Posted{.method = "initialize", .method_header = {"initialize"}}.verdict()));
}

TEST(Era, RejectsARequestWhoseHeaderIsStatelessWithoutAnEnvelope) {
  EXPECT_EQ(-32602, code(Posted{.meta = ""}.verdict()));
  EXPECT_EQ(-32602, code(Posted{.meta = R"("io.modelcontextprotocol/clientCapabilities":{})"}.verdict()));
  EXPECT_EQ(-32602, code(Posted{.meta = R"("io.modelcontextprotocol/protocolVersion":"2026-07-28")"}.verdict()));
}

TEST(Era, ReportsAnUnsupportedVersionBeforeMissingHeaders) {
  std::string const later =
      R"("io.modelcontextprotocol/protocolVersion":"2030-01-01","io.modelcontextprotocol/clientCapabilities":{})";
  for (auto const version : {HeaderValue{}, HeaderValue{"2030-01-01"}}) {
    auto const verdict = Posted{.meta = later, .version = version, .method_header = {}, .name = {}}.verdict();
    ASSERT_EQ(-32022, code(verdict));
    EXPECT_EQ(R"({"supported":["2026-07-28"],"requested":"2030-01-01"})", std::get<EraRejection>(verdict).raw_data);
  }
  EXPECT_EQ(-32020, code(Posted{.meta = later}.verdict()));
}

TEST(Era, RejectsHeadersThatDisagreeWithTheBody) {
  EXPECT_EQ(-32020, code(Posted{.version = {}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.version = {"2025-11-25"}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.version = {kStatelessRevision, true}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.method_header = {}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.method_header = {"Tools/Call"}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.method_header = {"tools/call", true}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.name = {}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.name = {"Echo"}}.verdict()));
  EXPECT_EQ(-32020, code(Posted{.name = {"echo", true}}.verdict()));
}

TEST(Era, ComparesTheNameDecoded) {
  Posted posted{.params = "\"name\":\"\u00e9\"", .name = {"=?base64?w6k=?="}};
  EXPECT_TRUE(stateless(posted.verdict()));
  posted.params = R"("name":"\u00e9")";
  EXPECT_TRUE(stateless(posted.verdict()));
  posted.name = {"=?base64?w6k?="};
  EXPECT_EQ(-32020, code(posted.verdict()));
  posted.name = {"=?BASE64?w6k=?="};
  EXPECT_EQ(-32020, code(posted.verdict()));
}

TEST(Era, NamesAResourceByItsUri) {
  Posted posted{.method = "resources/read", .params = R"("uri":"file:///a")", .method_header = {"resources/read"}};
  EXPECT_EQ(-32020, code(posted.verdict()));
  posted.name = {"file:///a"};
  EXPECT_TRUE(stateless(posted.verdict()));
}

TEST(Era, NeedsNoNameForOtherMethods) {
  EXPECT_TRUE(
      stateless(Posted{.method = "tools/list", .params = "", .method_header = {"tools/list"}, .name = {}}.verdict()));
}

TEST(Era, OfANotificationIsThatOfItsEnvelopeOrHeader) {
  EXPECT_TRUE(stateless(Posted{.method_header = {}, .name = {}, .request = false}.verdict()));
  EXPECT_TRUE(stateless(Posted{.meta = "", .method_header = {}, .name = {}, .request = false}.verdict()));
  EXPECT_TRUE(
      with_session(Posted{.meta = "", .version = {}, .method_header = {}, .name = {}, .request = false}.verdict()));
}

TEST(Era, HasNoResponsesFromClientsWhereItIsStateless) {
  auto const read = read_client_message(R"({"jsonrpc":"2.0","id":1,"result":{}})");
  auto const& message = std::get<ClientMessage>(read);
  EXPECT_EQ(-32600, code(era_of(message, {.version = {kStatelessRevision}, .method = {}, .name = {}})));
  EXPECT_TRUE(with_session(era_of(message, {})));
}

TEST(Era, OfABatchIsThatOfItsMembersEnvelopesAlone) {
  auto const says = [](std::string_view meta, std::string_view arguments) {
    return fmt::format(
        R"([{{"jsonrpc":"2.0","method":"notifications/x"}},)"
        R"({{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"arguments":{{{}}},"_meta":{{{}}}}}}}])",
        arguments, meta);
  };
  EXPECT_TRUE(is_stateless_batch({}, says(kEnvelope, "")));
  EXPECT_FALSE(is_stateless_batch({}, says("", fmt::format(R"("_meta":{{{}}})", kEnvelope))));
  EXPECT_FALSE(is_stateless_batch({"2025-03-26"}, says("", kEnvelope)));
  EXPECT_TRUE(is_stateless_batch({kStatelessRevision}, "[]"));
  for (auto const* const broken : {"[", "[]", "[[", "[1]", "[{]", R"([{"params":{"_meta":{"io.modelcontextprotocol)"}) {
    EXPECT_FALSE(is_stateless_batch({}, broken)) << broken;
  }
}

}  // namespace
}  // namespace gateway::mcp
