// What the gateway itself asks the child.
#include <fmt/format.h>

#include <utility>

#include "gateway/backend/expected_tools.h"
#include "gateway/backend/multiplexer.h"
#include "gateway/backend/operator_call.h"
#include "gateway/backend/probe_question.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Outcome;
using rpc::ErrorCode;

Call Multiplexer::call_of(std::unique_ptr<OwnQuestion> question, OwnQuestion::Request const& request) {
  Call call;
  call.question = questions_.add(std::move(question));
  call.method = mcp::method_from(request.method);
  call.client = request.client;
  call.started = around_.world.loop.now();
  call.patience = request.patience;
  auto const unlimited = request.timed_from_sending || request.patience == OwnQuestion::kUnlimited;
  call.deadline = call.hard_deadline = unlimited ? TimePoint::max() : call.started + request.patience;
  return call;
}

void Multiplexer::ask(std::unique_ptr<OwnQuestion> question) {
  auto const request = question->request();
  auto call = call_of(std::move(question), request);
  if (peer_->state() == PeerState::Ready) return send_own(std::move(call), request);
  fail(call, Outcome::Unavailable, ErrorCode::InternalError, "the server is not ready", "not_running");
}

void Multiplexer::send_own(Call&& call, OwnQuestion::Request const& request) {
  call.sent = around_.world.loop.right_now();
  auto const id = calls_.open(std::move(call));
  if (wire_.request(id, request.method, request.params)) return;
  fail(*calls_.close(id), Outcome::Busy, ErrorCode::InternalError, "the server takes no more requests now",
       "queue_full");
}

void Multiplexer::ask_in_turn(std::unique_ptr<OwnQuestion> question) {
  auto const request = question->request();
  forward(call_of(std::move(question), request), request.method, mcp::read_params(request.params));
}

// ── an operator's ────────────────────────────────────────────────────────────

bool Multiplexer::restart(std::string_view reason) { return peer_->restart(reason); }

void Multiplexer::call_tool(CallTool const& wanted, TellEnd tell) {
  ask_in_turn(std::make_unique<OperatorCall>(around_.world.loop, wanted, config_.call_timeout, std::move(tell)));
}

// ── whether what is behind the child works ───────────────────────────────────

/// Not before the tools were listed, and not while the child rests.
void Multiplexer::probe_when_due(TimePoint now) {
  auto const up = peer_->state() == PeerState::Ready && !tools_.under_way();
  if (!up || !deep_probe_->due(now)) return;
  deep_probe_->begin();
  ask_in_turn(std::make_unique<ProbeQuestion>(around_, config_, probe_, *deep_probe_));
}

std::string Multiplexer::ailment() const {
  std::string why;
  if (config_.expected_tools.any() && handshake_ && !tools_.under_way()) {
    why = tools() == nullptr ? "its tools could not be listed" : lack_of(config_.expected_tools, *tools()).why;
  }
  if (deep_probe_ && deep_probe_->standing() == DeepProbe::Standing::Failed) {
    why += (why.empty() ? "" : "; ") + fmt::format("the probe failed: {}", deep_probe_->fault());
  }
  return why;
}

}  // namespace gateway::backend
