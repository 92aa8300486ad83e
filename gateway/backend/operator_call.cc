#include "gateway/backend/operator_call.h"

#include <fmt/format.h>

#include "gateway/base/json_text.h"
#include "gateway/mcp/labels.h"
#include "gateway/rpc/json_validator.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::backend {

OwnQuestion::Request OperatorCall::request() const {
  return {.method = "tools/call",
          .params = fmt::format(R"({{"name":{},"arguments":{}}})", json_string(wanted_.tool), wanted_.arguments),
          .patience = patience_};
}

void OperatorCall::ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) {
  auto const took = to_ms(loop_.now() - call.started);
  // A child's text was only scanned so far, and will now be parsed completely.
  auto const valid = !rpc::validate(reply.body);
  auto const bad = rpc::error_object(rpc::ErrorCode::InternalError, "the server's answer is not valid JSON");
  auto const member = valid && reply.kind == rpc::Reply::Kind::Result ? "result" : "error";
  tell_({.verdict = OperationEnd::Verdict::Done,
         .text = fmt::format(R"({{"outcome":"{}","ms":{:.1f},"{}":{}}})", label(outcome), took, member,
                             valid ? reply.body : std::string_view(bad))});
}

}  // namespace gateway::backend
