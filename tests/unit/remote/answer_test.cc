#include "gateway/remote/answer.h"

#include <gtest/gtest.h>

namespace gateway::remote {
namespace {

TEST(Answer, IsOfTheFormThatItsContentTypeSays) {
  EXPECT_EQ(BodyForm::Json, form_of("application/json"));
  EXPECT_EQ(BodyForm::Json, form_of("Application/JSON ; charset=utf-8"));
  EXPECT_EQ(BodyForm::Events, form_of("text/event-stream;charset=utf-8"));
  EXPECT_EQ(BodyForm::Other, form_of("text/html"));
  EXPECT_EQ(BodyForm::Other, form_of(""));
}

TEST(Answer, SaysThatTheSessionIsGoneOnlyOfARequestThatNamesOne) {
  EXPECT_EQ(Verdict::SessionGone, judge(404, true, ""));
  EXPECT_EQ(Verdict::SessionGone, judge(400, true, "Bad Request: No valid session ID provided"));
  EXPECT_EQ(Verdict::Refused, judge(404, false, ""));
  EXPECT_EQ(Verdict::Refused, judge(400, true, "Bad Request"));
  EXPECT_EQ(Verdict::Refused, judge(500, true, "session"));
  constexpr auto kBody = R"({"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no session_name"}})";
  EXPECT_EQ(Verdict::Refused, judge(400, true, kBody, "7"));
  EXPECT_EQ(Verdict::SessionGone, judge(400, true, kBody, "8"));
}

TEST(Answer, IsJudgedByItsStatus) {
  EXPECT_EQ(Verdict::Taken, judge(202, true, ""));
  EXPECT_EQ(Verdict::Moved, judge(307, false, ""));
  EXPECT_EQ(Verdict::Unauthorized, judge(401, true, ""));
  EXPECT_EQ(Verdict::Refused, judge(304, false, ""));
}

TEST(Answer, HasAnErrorOfJsonRpcOrNone) {
  EXPECT_EQ(R"({"code":-1,"message":"x"})", rpc_error_in(R"( {"jsonrpc":"2.0","error":{"code":-1,"message":"x"}})"));
  for (auto const* const text :
       {"", "  ", "no", "[1]", R"({"error":"x"})", R"({"error":{"message":"x"}})",
        R"({"error":{"code":-1,"message":"x"}})", R"({"jsonrpc":"2.0","error":{"code":"a","message":"x"}})",
        R"({"jsonrpc":"2.0","error":{"code":-1}})", R"({"jsonrpc":"2.0","error":{"code":-1,"message":"x"})"})
    EXPECT_EQ("", rpc_error_in(text)) << text;
}

TEST(Answer, IsReadOnlyWhereItIsValidThroughout) {
  EXPECT_TRUE(read_server_message(R"({"jsonrpc":"2.0","id":1,"result":{}})"));
  for (auto const* const text :
       {R"({"jsonrpc":"2.0","id":1,"result":{"a":NaN}})", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"\xe9\"}", "1"})
    EXPECT_FALSE(read_server_message(text)) << text;
}

TEST(Answer, HasAnIdThatDoesNotDependOnItsSpelling) {
  EXPECT_EQ(same_id(R"("a/b")"), same_id(R"("a\/b")"));
  EXPECT_EQ(same_id("\"\xc3\xa9\""), same_id(R"("\u00e9")"));
  EXPECT_EQ("5", same_id("5.0"));
  EXPECT_NE(same_id("5"), same_id(R"("5")"));
}

TEST(Answer, BecomesOneLine) {
  EXPECT_EQ("{\"a\":1}", on_one_line("{\"a\":1}"));
  EXPECT_EQ(std::string::npos, on_one_line("{\r\n  \"a\": [\n1]\n}\n").find_first_of("\r\n"));
  EXPECT_EQ(std::string::npos, on_one_line("{\"a\": \"broken\nstring\"}").find('\n'));
}

}  // namespace
}  // namespace gateway::remote
