#include "gateway/remote/trouble.h"

#include <gtest/gtest.h>

#include "gateway/remote/retry.h"

namespace gateway::remote {
namespace {

using fetch::Failure;

TEST(Trouble, OfARequestThatWasSentLeavesOpenWhetherItWasCarriedOut) {
  auto const sent = trouble_of(Failure{.kind = Failure::Kind::Cut, .what = "reset", .was_sent = true});
  EXPECT_EQ(Trouble::Kind::ConnectionLost, sent.kind);
  EXPECT_TRUE(sent.may_have_run);
  auto const unsent = trouble_of(Failure{.kind = Failure::Kind::Cut, .what = "reset"});
  EXPECT_EQ(Trouble::Kind::Unreachable, unsent.kind);
  EXPECT_FALSE(unsent.may_have_run);
}

TEST(Trouble, IsAnErrorThatSaysWhy) {
  auto const trouble = trouble_of(Failure{.kind = Failure::Kind::Connect, .what = "Connection refused"});
  EXPECT_EQ(R"({"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":)"
            R"("http://h/mcp: no connection: Connection refused","data":{"reason":"unreachable","executed":"no"}}})",
            error_answer("7", "http://h/mcp", trouble));
}

TEST(Trouble, OfAStatusQuotesLittleAndOnlyPlainText) {
  auto const trouble = trouble_of(fetch::Head{.status = 503, .fields = {{"Retry-After", "2"}}}, "a\x1b[31m\nb");
  EXPECT_EQ("it answered with HTTP status 503 Service Unavailable: a [31m b", trouble.what);
  EXPECT_EQ(2000, trouble.retry_after_ms);
  EXPECT_LT(trouble_of(fetch::Head{.status = 500}, std::string(5000, 'x')).what.size(), 400);
}

TEST(Trouble, OfA401NamesTheChallenge) {
  auto const trouble = trouble_of(fetch::Head{.status = 401, .fields = {{"WWW-Authenticate", "Bearer x"}}}, "");
  EXPECT_EQ(Trouble::Kind::Unauthorized, trouble.kind);
  EXPECT_NE(std::string::npos, trouble.what.find("Bearer x"));
}

TEST(Retry, WaitsLongerEachTimeAndAsLongAsTheServerWants) {
  Retry retry(4);
  EXPECT_EQ(milliseconds(200), retry.next({}));
  EXPECT_EQ(milliseconds(400), retry.next({}));
  EXPECT_EQ(milliseconds(5000), retry.next(milliseconds(5000)));
  retry.succeeded();
  EXPECT_EQ(milliseconds(200), retry.next({}));
}

TEST(Retry, EndsAfterItsTries) {
  Retry retry(1);
  EXPECT_TRUE(retry.next({}));
  EXPECT_EQ(std::nullopt, retry.next({}));
  Retry endless(0);
  for (int i = 0; i < 100; ++i) EXPECT_LE(*endless.next({}), seconds(30));
}

}  // namespace
}  // namespace gateway::remote
