// What an operator asks of a child, beside its clients: never counted as theirs.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/multiplexer.h"
#include "gateway/base/json_text.h"
#include "gateway/mcp/labels.h"
#include "gateway/rpc/json_validator.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::Purpose;

bool Multiplexer::restart(std::string_view reason) { return child_.restart(reason); }

/// Its deadline is that of a client's call, since what waits is looked at in the
/// order of arrival.
void Multiplexer::call_tool(CallTool const& wanted, TellEnd tell) {
  Call call;
  call.purpose = Purpose::Operator;
  call.method = mcp::Method::ToolsCall;
  call.to.ticket = ++last_operator_call_;
  call.started = around_.world.loop.now();
  call.patience = config_.call_timeout;
  call.deadline = call.hard_deadline = call.started + config_.call_timeout;
  operator_calls_.emplace(call.to.ticket, std::move(tell));
  auto const params = fmt::format(R"({{"name":{},"arguments":{}}})", json_string(wanted.tool), wanted.arguments);
  forward(std::move(call), "tools/call", mcp::read_params(params));
}

void Multiplexer::on_operator_answer(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  auto const asked = operator_calls_.extract(call.to.ticket);
  if (asked.empty()) return;
  auto const took = to_ms(around_.world.loop.now() - call.started);
  // A child's text was only walked over so far; who reads it here parses all of it.
  auto const valid = !rpc::validate(reply.body);
  auto const bad = rpc::error_object(rpc::ErrorCode::InternalError, "the server's answer is not valid JSON");
  auto const member = valid && reply.kind == rpc::Reply::Kind::Result ? "result" : "error";
  asked.mapped()({.verdict = OperationEnd::Verdict::Done,
                  .text = fmt::format(R"({{"outcome":"{}","ms":{:.1f},"{}":{}}})", label(outcome), took, member,
                                      valid ? reply.body : std::string_view(bad))});
}

}  // namespace gateway::backend
