// The spans of a call: what the client asked of the gateway, and what the gateway
// asked of the child.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/backend/context.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/params.h"

namespace gateway::backend {

/// Traces the calls of one child. Nothing but `on` is called where traces are off.
class CallTracing {
 public:
  /// References outlive it.
  CallTracing(Context const& context, config::ServiceConfig const& config) : context_(context), config_(config) {}

  [[nodiscard]] bool on() const { return context_.tracer.on(); }
  /// The protocol revision the child speaks, for its spans.
  void child_speaks(std::string_view revision) { child_revision_ = revision; }

  /// Gives the call a trace where its message or its HTTP request names one.
  void begin(mcp::Call& call, mcp::Params const& params, mcp::TraceAround const& around);
  /// The params as the child gets them; empty when they go as they are.
  [[nodiscard]] std::string params_for_child(mcp::CallTrace& trace, std::string_view params);

  struct Names {
    std::string trace;
    std::string span;  ///< empty where it is not recorded
  };
  /// Records the call's spans, and gives the names by which logs refer to them.
  Names end(mcp::Call const& call, mcp::Outcome outcome, Duration took, std::optional<int> rpc_code);

 private:
  Context const& context_;
  config::ServiceConfig const& config_;
  std::string child_revision_;
};

}  // namespace gateway::backend
