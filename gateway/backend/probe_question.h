// The call that probes what is behind a child.
#pragma once

#include "gateway/backend/context.h"
#include "gateway/backend/deep_probe.h"
#include "gateway/backend/own_question.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::backend {

/// Asked like a client's call; its time begins when it is sent, since a busy child is not a
/// failing one. Judges the answer and reports it to `probe`.
class ProbeQuestion final : public OwnQuestion {
 public:
  /// References outlive it.
  ProbeQuestion(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics,
                DeepProbe& probe)
      : context_(context), config_(config), metrics_(metrics), probe_(probe) {}

  [[nodiscard]] Request request() const override;
  void ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) override;

 private:
  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  DeepProbe& probe_;
};

}  // namespace gateway::backend
