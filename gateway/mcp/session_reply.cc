#include "gateway/mcp/session_reply.h"

#include "gateway/mcp/result_bridge.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::mcp {

BridgedReply session_reply(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  if (reply.kind == rpc::Reply::Kind::Error)
    return {outcome, reply.kind, error_for_sessions(reply.body, call.method), reply.plain_body};
  if (result_type(reply.body) != ResultType::Complete) {
    return {Outcome::RpcError, rpc::Reply::Kind::Error,
            rpc::error_object(rpc::ErrorCode::InternalError,
                              "the server's result is of a type that this revision does not have")};
  }
  BridgedReply adapted{outcome, reply.kind, {}, reply.plain_body};
  adapted.body.reserve(reply.body.size());
  append_for_sessions(adapted.body, reply.body);
  return adapted;
}

}  // namespace gateway::mcp
