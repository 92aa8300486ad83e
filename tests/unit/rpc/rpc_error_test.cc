#include "gateway/rpc/rpc_error.h"

#include <gtest/gtest.h>

#include "gateway/rpc/json_validator.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::rpc {
namespace {

TEST(RpcError, WritesCodeAndMessage) {
  EXPECT_EQ(R"({"code":-32601,"message":"no \"x\""})", error_object(ErrorCode::MethodNotFound, "no \"x\""));
}

TEST(RpcError, CarriesDataAsItIsGiven) {
  EXPECT_EQ(R"({"code":-32603,"message":"m","data":{"reason":"r"}})",
            error_object(ErrorCode::InternalError, "m", R"({"reason":"r"})"));
}

TEST(RpcError, GivesTheIdBackByteForByte) {
  EXPECT_EQ(R"({"jsonrpc":"2.0","id":"\u0061","error":{"code":-32600,"message":"m"}})",
            error_message(R"("\u0061")", ErrorCode::InvalidRequest, "m"));
}

TEST(RpcError, HasNoIdMemberWithoutAnId) {
  EXPECT_EQ(R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"m"}})",
            error_message("", ErrorCode::ParseError, "m"));
}

TEST(RpcError, IsValidJsonWhateverTheMessageHolds) {
  std::string every;
  for (int code = 0; code < 256; ++code) every.push_back(static_cast<char>(code));
  EXPECT_EQ(std::nullopt, validate(error_message("1", ErrorCode::InternalError, every)));
}

TEST(Reply, JoinsItsPiecesToOneMessage) {
  Reply const result{.id = "\"a\"", .kind = Reply::Kind::Result, .body = "{}"};
  EXPECT_EQ(R"({"jsonrpc":"2.0","id":"a","result":{}})", result.pieces().joined());
  Reply const error{.id = "1", .kind = Reply::Kind::Error, .body = R"({"code":1})"};
  EXPECT_EQ(R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})", error.pieces().joined());
  EXPECT_EQ(error.pieces().bytes(), error.pieces().joined().size());
}

TEST(RpcError, FindsWhenToComeBack) {
  EXPECT_EQ(1500U, retry_after_ms(error_object(ErrorCode::InternalError, "no", R"({"retry_after_ms":1500})")));
  EXPECT_FALSE(retry_after_ms(error_object(ErrorCode::InternalError, "no", R"({"reason":"busy"})")));
  EXPECT_FALSE(retry_after_ms(error_object(ErrorCode::InternalError, "no")));
  EXPECT_FALSE(retry_after_ms(error_object(ErrorCode::InternalError, "no", R"({"retry_after_ms":"1500"})")));
  EXPECT_FALSE(retry_after_ms({}));
}

}  // namespace
}  // namespace gateway::rpc
