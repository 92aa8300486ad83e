#include "gateway/mcp/stateless_reply.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

using StatelessKind = rpc::Reply::Kind;

Handshake child() {
  return *Handshake::from(
      R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"s"}})",
      Sharing::Shared);
}

Call stateless_call_of(Method method) {
  Call call;
  call.method = method;
  call.stateless = std::make_unique<OfStateless>();
  return call;
}

TEST(StatelessReply, SaysWhatKindOfResultItIsAndWhoAnswered) {
  auto const handshake = child();
  auto const reply =
      stateless_reply(stateless_call_of(Method::ToolsCall), Outcome::ToolError,
                      {"1", StatelessKind::Result, R"({"content":[],"isError":true})"}, &handshake, "{}");
  EXPECT_EQ(Outcome::ToolError, reply.outcome);
  EXPECT_EQ(R"({"content":[],"isError":true,"resultType":"complete",)"
            R"("_meta":{"io.modelcontextprotocol/serverInfo":{"name":"s"}}})",
            reply.body);
}

TEST(StatelessReply, LetsAListBeKept) {
  auto const handshake = child();
  auto const body = [&](Method method) {
    return stateless_reply(stateless_call_of(method), Outcome::Ok, {"1", StatelessKind::Result, "{}"}, &handshake, "{}")
        .body;
  };
  EXPECT_NE(std::string::npos, body(Method::ToolsList).find(R"("ttlMs":60000,"cacheScope":"private")"));
  EXPECT_NE(std::string::npos, body(Method::ResourcesRead).find(R"("ttlMs":0,"cacheScope":"private")"));
  EXPECT_EQ(std::string::npos, body(Method::PromptsGet).find("ttlMs"));
}

TEST(StatelessReply, NeedsNoHandshake) {
  EXPECT_EQ(R"({"resultType":"complete"})", stateless_reply(stateless_call_of(Method::ToolsCall), Outcome::Ok,
                                                            {"1", StatelessKind::Result, "{}"}, nullptr, "{}")
                                                .body);
}

TEST(StatelessReply, TellsAnUnknownMethodFromOtherErrors) {
  auto const ended = [&](std::string_view error) {
    return stateless_reply(stateless_call_of(Method::Other), Outcome::RpcError, {"1", StatelessKind::Error, error},
                           nullptr, "{}");
  };
  EXPECT_EQ(Outcome::MethodNotFound, ended(R"({"code":-32601,"message":"m"})").outcome);
  EXPECT_EQ(Outcome::RpcError, ended(R"({"code":-32602,"message":"m"})").outcome);
}

TEST(StatelessReply, NamesTheResourceThatIsNotThere) {
  auto call = stateless_call_of(Method::ResourcesRead);
  call.stateless->uri = R"("file:///a")";
  EXPECT_EQ(R"({"code":-32602,"message":"m","data":{"uri":"file:///a"}})",
            stateless_reply(call, Outcome::RpcError, {"1", StatelessKind::Error, R"({"code":-32002,"message":"m"})"},
                            nullptr, "{}")
                .body);
}

}  // namespace
}  // namespace gateway::mcp
