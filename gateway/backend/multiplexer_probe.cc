// Whether what is behind a child works: asked by a call of the gateway's own, on
// the way a client's call takes.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/expected_tools.h"
#include "gateway/backend/multiplexer.h"
#include "gateway/backend/probe_verdict.h"
#include "gateway/base/json_text.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using mcp::WaitingCall;

namespace {

WaitingCall question(config::ProbeConfig const& config) {
  WaitingCall probe;
  probe.call.purpose = mcp::Purpose::Probe;
  probe.call.method = config.method.empty() ? mcp::Method::ToolsCall : mcp::method_from(config.method);
  // Its time begins when it is sent: a child that is busy is not ill.
  probe.call.deadline = probe.call.hard_deadline = TimePoint::max();
  probe.method = config.method.empty() ? "tools/call" : config.method;
  probe.params = config.method.empty()
                     ? fmt::format(R"({{"name":{},"arguments":{}}})", json_string(config.tool), config.arguments)
                     : config.arguments;
  return probe;
}

}  // namespace

/// Not before the tools were listed, and not while the child rests.
void Multiplexer::probe_when_due(TimePoint now) {
  auto const up = child_.state() == ChildState::Ready && !shelf_.listing();
  if (!up || !deep_probe_->due(now)) return;
  deep_probe_->begin();
  waiting_.push(question(*config_.probe));
  serve_waiting();
}

void Multiplexer::send_probe(WaitingCall probe) {
  probe.call.started = around_.world.loop.now();
  probe.call.deadline = probe.call.hard_deadline = probe.call.started + config_.probe->timeout;
  send_call(std::move(probe.call), probe.method, mcp::read_params(probe.params));
}

void Multiplexer::on_probed(Call const& call, Outcome outcome, rpc::Reply const& reply) {
  auto const now = around_.world.loop.now();
  auto const random = around_.world.entropy.number();
  std::string fault;
  switch (outcome) {
    case Outcome::Ok:
    case Outcome::ToolError: fault = backend::fault_of_result(*config_.probe, reply.body); break;
    case Outcome::RpcError: fault = backend::fault_of_error(reply.body); break;
    case Outcome::Timeout:
      fault = fmt::format("it did not answer within {:.1f} s", to_ms(config_.probe->timeout) / 1000);
      break;
    case Outcome::ChildExited:
    case Outcome::Unavailable:
    case Outcome::Busy:
    case Outcome::Cancelled:
    case Outcome::Invalid: return deep_probe_->dropped(now, random);
  }
  fault = around_.world.redaction.apply(fault);
  auto const good = fault.empty();
  probe_.probed(good);
  if (!deep_probe_->judged(now, now - call.started, std::move(fault), random)) return;
  auto const level = good ? config::LogLevel::Info : config::LogLevel::Warn;
  around_.world.log.write(level, "service.probe", good ? "the probe passed" : "the probe failed",
                          {{"server", config_.name}, {"reason", deep_probe_->fault()}});
}

std::string Multiplexer::ailment() const {
  std::string why;
  if (config_.expected_tools.any() && handshake_ && !shelf_.listing()) {
    why = shelf_.list() == nullptr ? "its tools could not be listed"
                                   : lack_of(config_.expected_tools, *shelf_.list()).why;
  }
  if (deep_probe_ && deep_probe_->standing() == DeepProbe::Standing::Failed) {
    why += (why.empty() ? "" : "; ") + fmt::format("the probe failed: {}", deep_probe_->fault());
  }
  return why;
}

}  // namespace gateway::backend
