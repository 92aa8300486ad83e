#include "gateway/mcp/params.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gateway/rpc/json_scanner.h"

namespace gateway::mcp {
namespace {

using namespace std::string_literals;

std::string rewritten(std::string_view raw, ParamsRewrite const& rewrite) {
  std::string out;
  append_params(out, read_params(raw), rewrite);
  return out;
}

/// What nobody may change: bytes a parse and a dump would not give back.
constexpr std::string_view kArguments =
    R"({"big":12345678901234567890123,"one":1.0,"e":1E+2,"twice":1,"twice":2,"half":"\ud800","slash":"\/","sp" : [ 1 , 2 ]})";

TEST(ReadParams, FindsTheMembersItJudgesBy) {
  auto const params = read_params(R"({"name":"n","uri":"u","cursor":"c","requestId":7,"level":"info","task":{},
                                     "_meta":{"progressToken":"t","x":1},"arguments":{"name":"inner"}})");
  EXPECT_EQ("\"n\"", params.name);
  EXPECT_EQ("\"u\"", params.uri);
  EXPECT_EQ("\"c\"", params.cursor);
  EXPECT_EQ("7", params.request_id);
  EXPECT_EQ("\"info\"", params.level);
  EXPECT_EQ("{}", params.task);
  EXPECT_EQ("\"t\"", params.progress_token);
  EXPECT_FALSE(params.ambiguous || !params.envelope.is_empty());
}

TEST(ReadParams, FindsAProgressNotificationsToken) {
  EXPECT_EQ("5", read_params(R"({"progressToken":5,"progress":1})").progress_token);
}

TEST(ReadParams, ResolvesEscapedNames) {
  auto const params = read_params(R"({"n\u0061me":"n","_m\u0065ta":{"progress\u0054oken":1}})");
  EXPECT_EQ("\"n\"", params.name);
  EXPECT_EQ("1", params.progress_token);
}

TEST(ReadParams, FindsNothingInWhatIsNoObject) {
  for (auto const* const raw : {"", "[]", "[{\"name\":1}]", "{}", R"({"_meta":[1]})", R"({"_meta":null})"}) {
    auto const params = read_params(raw);
    EXPECT_TRUE(params.name.empty() && params.progress_token.empty() && !params.ambiguous) << raw;
  }
}

TEST(ReadParams, SaysWhenParsersWouldDifferOnWhatIsMeant) {
  for (auto const* const raw :
       {R"({"name":"a","name":"b"})", R"({"name":"a","n\u0061me":"b"})", R"({"uri":"a","uri":"a"})",
        R"({"requestId":1,"requestId":2})", R"({"_meta":{},"_meta":{}})", R"({"cursor":"","cursor":""})",
        R"({"_meta":{"progressToken":1,"progressToken":2}})", R"({"_meta":{"progressToken":1,"progress\u0054oken":2}})",
        R"({"name":"a","NAME":"b"})", R"({"Uri":"a"})", R"({"requestid":1})", R"({"arguments":{},"arguments":{}})",
        R"({"Arguments":{}})", R"({"arguments":{},"\u0061rguments":{}})", R"({"_Meta":{"progressToken":1}})",
        R"({"_meta":{"ProgressToken":1}})", R"({"_meta":{"\u0050rogressToken":1}})"}) {
    EXPECT_TRUE(read_params(raw).ambiguous) << raw;
  }
  EXPECT_FALSE(read_params(R"({"a":1,"a":2,"arguments":{"name":1,"name":2,"NAME":3},"_meta":{"Name":1}})").ambiguous);
}

TEST(ReadParams, KnowsTheEnvelopeOfTheStatelessRevision) {
  for (auto const* const key : {"protocolVersion", "clientInfo", "clientCapabilities", "logLevel"}) {
    EXPECT_FALSE(read_params("{\"_meta\":{\"io.modelcontextprotocol/"s + key + "\":1}}").envelope.is_empty()) << key;
  }
  EXPECT_TRUE(read_params(R"({"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"1"}}})").envelope.is_empty());
}

TEST(AppendParams, ChangesNoByteWithoutAReason) {
  auto const raw = "{ \"arguments\" : "s + std::string(kArguments) + " , \"_meta\":{\"x\":1} }";
  EXPECT_EQ(raw, rewritten(raw, {}));
  EXPECT_EQ(raw, rewritten(raw, {.progress_token = "9", .drop_task = true}));
}

TEST(AppendParams, PutsItsTokenInThePlaceOfTheClients) {
  EXPECT_EQ(R"({"name":"t", "_meta":{"a":1,"progressToken":9,"b":2}})",
            rewritten(R"({"name":"t", "_meta":{"a":1,"progressToken":"mine","b":2}})", {.progress_token = "9"}));
  EXPECT_EQ(R"({"progress":1,"progressToken":"mine"})",
            rewritten(R"({"progress":1,"progressToken":9})", {.progress_token = "\"mine\""}));
  EXPECT_EQ(R"({"_meta":{"progress\u0054oken":9}})",
            rewritten(R"({"_meta":{"progress\u0054oken":1}})", {.progress_token = "9"}));
}

TEST(AppendParams, AddsNoTokenWhereNoneWas) {
  EXPECT_EQ(R"({"_meta":{}})", rewritten(R"({"_meta":{}})", {.progress_token = "9"}));
  EXPECT_EQ(R"({"arguments":{"progressToken":1,"_meta":{"progressToken":2}}})",
            rewritten(R"({"arguments":{"progressToken":1,"_meta":{"progressToken":2}}})", {.progress_token = "9"}));
}

TEST(AppendParams, KeepsArgumentsByteForByteWhileItRewritesTheRest) {
  auto const raw =
      R"({"_meta":{"progressToken":1,"io.modelcontextprotocol/clientInfo":{}},"task":{"ttl":1},"arguments":)"s +
      std::string(kArguments) + "}";
  EXPECT_EQ(R"({"_meta":{"progressToken":9},"arguments":)"s + std::string(kArguments) + "}",
            rewritten(raw, {.progress_token = "9", .drop_task = true}));
}

TEST(AppendParams, DropsATaskOnlyWhenItIsTold) {
  EXPECT_EQ(R"({"name":"t"})",
            rewritten(R"({"task":{"ttl":1},"name":"t"})", {.progress_token = {}, .drop_task = true}));
  EXPECT_EQ("{}", rewritten(R"({"t\u0061sk":{}})", {.progress_token = {}, .drop_task = true}));
  EXPECT_EQ(R"({"task":{"ttl":1}})", rewritten(R"({"task":{"ttl":1}})", {}));
}

TEST(AppendParams, LeavesTheEnvelopeOutAndKeepsItsNeighbours) {
  EXPECT_EQ(R"({"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"1"},"progressToken":1}})",
            rewritten(R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                 "io.modelcontextprotocol/related-task":{"taskId":"1"},"io.modelcontextprotocol/logLevel":"info",
                 "progressToken":1,"io.modelcontextprotocol/clientInfo":{},"io.modelcontextprotocol/clientCapabilities":{}}})",
                      {}));
}

TEST(AppendParams, LeavesNothingOfMetaButTheTokenWhereNothingElseIsInIt) {
  auto const envelope = R"("io.modelcontextprotocol/clientInfo":{},"io.modelcontextprotocol/logLevel":"info")"s;
  EXPECT_EQ(R"({"_meta":{},"name":"n"})", rewritten(R"({"_meta":{)" + envelope + R"(},"name":"n"})", {}));
  EXPECT_EQ(R"({"_meta":{"progressToken":"mine"},"name":"n"})",
            rewritten(R"({"_meta":{)" + envelope + R"(,"progressToken":"mine"},"name":"n"})", {}));
  EXPECT_EQ(R"({"_meta":{"progressToken":9}})",
            rewritten(R"({"_meta":{"progressToken":"mine",)" + envelope + "}}", {.progress_token = "9"}));
  EXPECT_EQ(R"({"_meta":{},"progressToken":9})",
            rewritten(R"({"_meta":{)" + envelope + R"(},"progressToken":1})", {.progress_token = "9"}));
}

TEST(AppendParams, DropsARetryForAServerWithSessions) {
  EXPECT_EQ(R"({"_meta":{},"name":"n"})",
            rewritten(R"({"_meta":{"io.modelcontextprotocol/logLevel":"info"},"inputResponses":{},"name":"n",
                          "requestState":"s"})",
                      {}));
}

TEST(AppendParams, KeepsTheEnvelopeForAServerOfItsRevision) {
  EXPECT_EQ(
      R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":9},"requestState":"s"})",
      rewritten(
          R"({"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":1},"requestState":"s"})",
          {.progress_token = "9", .keep_envelope = true}));
}

TEST(AppendParams, PutsAnotherEnvelopeInItsPlaceOrWhereNoneWas) {
  ParamsRewrite const rewrite{.progress_token = "9", .envelope = R"("e":1)"};
  EXPECT_EQ(R"({"_meta":{"e":1,"x":2,"progressToken":9}})",
            rewritten(R"({"_meta":{"io.modelcontextprotocol/logLevel":"info","x":2,"progressToken":1}})", rewrite));
  EXPECT_EQ(R"({"name":"n","_meta":{"e":1}})", rewritten(R"({"name":"n"})", rewrite));
  EXPECT_EQ(R"({"_meta":{"e":1},"inputResponses":{},"requestState":"s"})",
            rewritten(R"({"_meta":{"io.modelcontextprotocol/logLevel":"info"},"inputResponses":{},"requestState":"s"})",
                      rewrite));
  EXPECT_EQ(R"({"_meta":{"e":1}})", rewritten(R"({"_meta":"odd"})", rewrite));
  EXPECT_EQ(R"({"_meta":{"e":1}})", rewritten("", rewrite));
}

TEST(AppendParams, WritesOneLine) {
  std::string const raw =
      "{\r\n  \"arguments\" : {\n\t\"a\": [1,\r2],\n\"b\":\"\\n\"\n},\n\"_meta\" : "
      "{\n\"progressToken\":\n1}\n}";
  for (auto const* const token : {"", "9"}) {
    auto const line = rewritten(raw, {.progress_token = token});
    EXPECT_EQ(std::string::npos, line.find_first_of("\r\n"));
    EXPECT_EQ(nlohmann::json::parse(raw)["arguments"], nlohmann::json::parse(line)["arguments"]);
  }
}

TEST(AppendParams, PassesOnWhatIsNoObject) {
  EXPECT_EQ("[ 1,2]", rewritten("[\n1,2]", {.progress_token = "9", .drop_task = true}));
  EXPECT_EQ("", rewritten("", {.progress_token = "9"}));
  EXPECT_EQ(R"({"_meta":"odd","progressToken":9})",
            rewritten(R"({"_meta":"odd","progressToken":1})", {.progress_token = "9"}));
}

TEST(AppendOnOneLine, AppendsToWhatIsThere) {
  std::string out = "before\n";
  append_on_one_line(out, "[\n1\r]");
  EXPECT_EQ("before\n[ 1 ]", out);
}

}  // namespace
}  // namespace gateway::mcp
