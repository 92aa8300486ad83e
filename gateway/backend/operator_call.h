// A tool called by an operator.
#pragma once

#include <utility>

#include "gateway/backend/operation.h"
#include "gateway/backend/own_question.h"
#include "gateway/io/event_loop.h"

namespace gateway::backend {

/// Takes the way and the time of a client's call, but is not counted as one.
class OperatorCall final : public OwnQuestion {
 public:
  /// `loop` outlives it.
  OperatorCall(io::EventLoop const& loop, CallTool wanted, Duration patience, TellEnd tell)
      : loop_(loop), wanted_(std::move(wanted)), patience_(patience), tell_(std::move(tell)) {}

  [[nodiscard]] Request request() const override;
  void ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) override;
  [[nodiscard]] bool outlives_run() const override { return true; }

 private:
  io::EventLoop const& loop_;
  CallTool wanted_;
  Duration patience_;
  TellEnd tell_;
};

}  // namespace gateway::backend
