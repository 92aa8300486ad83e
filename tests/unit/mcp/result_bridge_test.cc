#include "gateway/mcp/result_bridge.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

std::string for_stateless(std::string_view raw, StatelessExtras const& extras = {}) {
  std::string out;
  append_for_stateless(out, raw, extras);
  return out;
}

std::string for_sessions(std::string_view raw) {
  std::string out;
  append_for_sessions(out, raw);
  return out;
}

TEST(ResultForStateless, GetsItsTypeAndNothingElseWhereNothingElseIsRequired) {
  EXPECT_EQ(R"({"resultType":"complete"})", for_stateless("{}"));
  EXPECT_EQ(R"({ "content" : [ 1.0, 12345678901234567890 ] ,"resultType":"complete"})",
            for_stateless(R"({ "content" : [ 1.0, 12345678901234567890 ] })"));
}

TEST(ResultForStateless, GetsCacheHintsAndWhoAnswered) {
  EXPECT_EQ(R"({"tools":[],"resultType":"complete","ttlMs":60000,"cacheScope":"private","_meta":)"
            R"({"io.modelcontextprotocol/serverInfo":{"name":"s"}}})",
            for_stateless(R"({"tools":[]})", {.cache = CacheHint{.ttl_ms = 60000}, .server_info = R"({"name":"s"})"}));
  EXPECT_EQ(R"({"resultType":"complete","ttlMs":0,"cacheScope":"public"})",
            for_stateless("{}", {.cache = CacheHint{.is_public = true}, .server_info = {}}));
}

TEST(ResultForStateless, KeepsWhatItSaysItself) {
  auto const* const raw = R"({"resultType":"task","ttlMs":5,"cacheScope":"public","_meta":)"
                          R"({"x/y":1,"io.modelcontextprotocol/serverInfo":{"name":"own"}}})";
  EXPECT_EQ(raw, for_stateless(raw, {.cache = CacheHint{}, .server_info = R"({"name":"s"})"}));
}

TEST(ResultForStateless, AddsToAMetaThatIsThere) {
  EXPECT_EQ(R"({"_meta":{"io.modelcontextprotocol/serverInfo":{},"x/y":1},"resultType":"complete"})",
            for_stateless(R"({"_meta":{"x/y":1}})", {.cache = {}, .server_info = "{}"}));
}

TEST(ResultForStateless, HasOneMetaWhereTheServersIsNull) {
  EXPECT_EQ(R"({"a":1,"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{}}})",
            for_stateless(R"({"_meta":null,"a":1})", {.cache = {}, .server_info = "{}"}));
}

TEST(ResultForSessions, LosesWhatTheStatelessRevisionAdded) {
  EXPECT_EQ(R"({"tools":[]})", for_sessions(R"({"resultType":"complete","tools":[],"ttlMs":1,"cacheScope":"private",)"
                                            R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}})"));
  EXPECT_EQ(R"({"_meta":{"x/y":1},"content":[]})",
            for_sessions(R"({"_meta":{"x/y":1,"io.modelcontextprotocol/serverInfo":{}},"content":[]})"));
  EXPECT_EQ(R"({"_meta":{},"a":1})", for_sessions(R"({"_meta":{},"a":1})"));
}

TEST(ResultType, IsCompleteUnlessSomethingElseIsSaid) {
  EXPECT_EQ(ResultType::Complete, result_type("{}"));
  EXPECT_EQ(ResultType::Complete, result_type(R"({"resultType":"complete"})"));
  EXPECT_EQ(ResultType::InputRequired, result_type(R"({"resultType":"input_required"})"));
  EXPECT_EQ(ResultType::Unknown, result_type(R"({"resultType":"weird"})"));
  EXPECT_EQ(ResultType::Unknown, result_type(R"({"resultType":1})"));
}

TEST(CacheHint, BelongsToSixMethods) {
  auto count = 0;
  for (std::size_t i = 0; i < kMethodCount; ++i) count += has_cache_hint(static_cast<Method>(i)) ? 1 : 0;
  EXPECT_EQ(6, count);
  EXPECT_FALSE(has_cache_hint(Method::ToolsCall));
}

TEST(ErrorForStateless, NamesTheResourceThatIsNotThere) {
  EXPECT_EQ(R"({"code":-32602,"message":"gone","data":{"uri":"file:///a"}})",
            error_for_stateless(R"({"code":-32002,"message":"gone"})", R"("file:///a")"));
  EXPECT_EQ(R"({"code":-32602,"message":"gone","data":{"uri":"x"}})",
            error_for_stateless(R"({"code":-32002,"message":"gone","data":{"uri":"x"}})", R"("file:///a")"));
}

TEST(ErrorForStateless, HasNoCodeThatTheRevisionReserves) {
  for (auto const* const code : {"-32020", "-32050", "-32099"}) {
    EXPECT_EQ(R"({"code":-32603,"message":"m"})",
              error_for_stateless(std::string(R"({"code":)") + code + R"(,"message":"m"})", {}));
  }
  for (auto const* const code : {"-32001", "-32019", "-32100", "-32601", "0", "7"}) {
    auto const raw = std::string(R"({"code":)") + code + R"(,"message":"m","data":[1.0]})";
    EXPECT_EQ(raw, error_for_stateless(raw, R"("u")"));
  }
}

TEST(ErrorForSessions, SaysNotFoundAsTheirRevisionsDo) {
  auto const* const raw = R"({"code":-32602,"message":"gone","data":{"uri":"x"}})";
  EXPECT_EQ(R"({"code":-32002,"message":"gone","data":{"uri":"x"}})", error_for_sessions(raw, Method::ResourcesRead));
  EXPECT_EQ(raw, error_for_sessions(raw, Method::ToolsCall));
  EXPECT_EQ(R"({"code":-32603,"message":"m","data":{"requiredCapabilities":{"roots":{}}}})",
            error_for_sessions(R"({"code":-32021,"message":"m","data":{"requiredCapabilities":{"roots":{}}}})",
                               Method::ToolsCall));
}

}  // namespace
}  // namespace gateway::mcp
