#include <gtest/gtest.h>

#include "gateway/backend/circuits.h"

namespace gateway::backend {
namespace {

using config::CallFailure;
using mcp::Outcome;

CircuitVerdict by_default(Outcome outcome, std::optional<int> code = {}) {
  return verdict_of(config::CircuitBreakerConfig{}.failures, outcome, code);
}

TEST(CircuitVerdict, IsASuccessWhenTheServerAnswered) {
  EXPECT_EQ(CircuitVerdict::Success, by_default(Outcome::Ok));
  EXPECT_EQ(CircuitVerdict::Success, by_default(Outcome::ToolError));
}

TEST(CircuitVerdict, IsAFailureWhenTheServerDidNotAnswerOrFailedInside) {
  EXPECT_EQ(CircuitVerdict::Failure, by_default(Outcome::Timeout, -32603));
  EXPECT_EQ(CircuitVerdict::Failure, by_default(Outcome::ChildExited, -32603));
  EXPECT_EQ(CircuitVerdict::Failure, by_default(Outcome::RpcError, -32603));
}

TEST(CircuitVerdict, IsNeitherWhenTheClientOrTheGatewayIsTheCause) {
  for (auto const outcome : {Outcome::Cancelled, Outcome::Busy, Outcome::Invalid, Outcome::MethodNotFound,
                             Outcome::Forbidden, Outcome::MissingScope, Outcome::Limited}) {
    EXPECT_EQ(CircuitVerdict::Neither, by_default(outcome, -32603));
  }
  std::vector const all{CallFailure::Timeout,  CallFailure::ChildExited, CallFailure::InternalError,
                        CallFailure::RpcError, CallFailure::ToolError,   CallFailure::Unavailable};
  for (auto const code : {-32700, -32600, -32601, -32602, -32002, -32042, -32020, -32021, -32022}) {
    EXPECT_EQ(CircuitVerdict::Neither, verdict_of(all, Outcome::RpcError, code)) << code;
  }
}

TEST(CircuitVerdict, IsWhatTheOperatorSays) {
  EXPECT_EQ(CircuitVerdict::Failure, verdict_of({CallFailure::ToolError}, Outcome::ToolError, {}));
  EXPECT_EQ(CircuitVerdict::Failure, verdict_of({CallFailure::Unavailable}, Outcome::Unavailable, -32603));
  EXPECT_EQ(CircuitVerdict::Failure, verdict_of({CallFailure::RpcError}, Outcome::RpcError, -32000));
  EXPECT_EQ(CircuitVerdict::Failure, verdict_of({CallFailure::RpcError}, Outcome::RpcError, 17));
  EXPECT_EQ(CircuitVerdict::Neither, verdict_of({CallFailure::RpcError}, Outcome::RpcError, -32603));
  EXPECT_EQ(CircuitVerdict::Neither, verdict_of({CallFailure::ToolError}, Outcome::Timeout, -32603));
  EXPECT_EQ(CircuitVerdict::Neither, by_default(Outcome::Unavailable, -32603));
  EXPECT_EQ(CircuitVerdict::Neither, by_default(Outcome::RpcError, -32000));
}

TEST(CircuitVerdict, GuardsWhatHasTheServerWork) {
  EXPECT_TRUE(Circuits::guards(mcp::Method::ToolsCall));
  EXPECT_TRUE(Circuits::guards(mcp::Method::ResourcesRead));
  EXPECT_FALSE(Circuits::guards(mcp::Method::ToolsList));
  EXPECT_FALSE(Circuits::guards(mcp::Method::Initialize));
  EXPECT_FALSE(Circuits::guards(mcp::Method::Ping));
}

}  // namespace
}  // namespace gateway::backend
