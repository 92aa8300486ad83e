#include "gateway/mcp/session_reply.h"

#include <gtest/gtest.h>

namespace gateway::mcp {
namespace {

using Kind = rpc::Reply::Kind;

Call call_of(Method method) {
  Call call;
  call.method = method;
  return call;
}

TEST(SessionReply, LeavesOutWhatTheStatelessRevisionAdds) {
  auto const reply = session_reply(
      call_of(Method::ToolsList), Outcome::Ok,
      {"1", Kind::Result,
       R"({"resultType":"complete","tools":[1.0],"ttlMs":5,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{}}})"});
  EXPECT_EQ(Outcome::Ok, reply.outcome);
  EXPECT_EQ(R"({"tools":[1.0]})", reply.body);
}

TEST(SessionReply, IsAnErrorForAResultOfAnotherType) {
  for (auto const* const type : {"weird", "task", "input_required"}) {
    auto const result = std::string(R"({"resultType":")") + type + R"("})";
    auto const reply = session_reply(call_of(Method::ToolsCall), Outcome::Ok, {"1", Kind::Result, result});
    EXPECT_EQ(Outcome::RpcError, reply.outcome);
    EXPECT_EQ(Kind::Error, reply.kind);
    EXPECT_EQ(-32603, rpc::error_code(reply.body));
  }
}

TEST(SessionReply, GivesErrorsTheirCodesOfRevisionsWithSessions) {
  auto const code = [](Method method, std::string_view error) {
    auto const reply = session_reply(call_of(method), Outcome::RpcError, {"1", Kind::Error, error});
    EXPECT_EQ(Kind::Error, reply.kind);
    return rpc::error_code(reply.body);
  };
  EXPECT_EQ(-32002, code(Method::ResourcesRead, R"({"code":-32602,"message":"m","data":{"uri":"u"}})"));
  EXPECT_EQ(-32603, code(Method::ToolsCall, R"({"code":-32021,"message":"m"})"));
  EXPECT_EQ(-32601, code(Method::ToolsCall, R"({"code":-32601,"message":"m"})"));
}

}  // namespace
}  // namespace gateway::mcp
