#include "gateway/backend/probe_question.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "gateway/backend/probe_verdict.h"
#include "gateway/base/json_text.h"

namespace gateway::backend {

using mcp::Outcome;

OwnQuestion::Request ProbeQuestion::request() const {
  auto const& probe = *config_.probe;
  if (!probe.method.empty()) {
    return {.method = probe.method, .params = probe.arguments, .patience = probe.timeout, .timed_from_sending = true};
  }
  return {.method = "tools/call",
          .params = fmt::format(R"({{"name":{},"arguments":{}}})", json_string(probe.tool), probe.arguments),
          .patience = probe.timeout,
          .timed_from_sending = true};
}

void ProbeQuestion::ended(mcp::Call const& call, Outcome outcome, rpc::Reply const& reply) {
  auto const& probe = *config_.probe;
  auto const now = context_.loop.now();
  auto const random = context_.entropy.number();
  std::string fault;
  switch (outcome) {
    case Outcome::Ok:
    case Outcome::ToolError: fault = fault_of_result(probe, reply.body); break;
    case Outcome::MethodNotFound:
    case Outcome::RpcError: fault = fault_of_error(reply.body); break;
    case Outcome::Timeout: fault = fmt::format("it did not answer within {:.1f} s", to_ms(probe.timeout) / 1000); break;
    case Outcome::ChildExited:
    case Outcome::Unavailable:
    case Outcome::Busy:
    case Outcome::Forbidden:
    case Outcome::MissingScope:
    case Outcome::Limited:
    case Outcome::Cancelled:
    case Outcome::Invalid: return probe_.dropped(now, random);
  }
  fault = context_.redaction->apply(fault);
  auto const good = fault.empty();
  metrics_.probed(good);
  if (!probe_.judged(now, now - call.started, std::move(fault), random)) return;
  auto const level = good ? config::LogLevel::Info : config::LogLevel::Warn;
  context_.log.write(level, "service.probe", good ? "the probe passed" : "the probe failed",
                     {{"server", config_.name}, {"reason", probe_.fault()}});
}

}  // namespace gateway::backend
