// What is kept of a client's call when it ends.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/backend/call_tracing.h"
#include "gateway/backend/context.h"
#include "gateway/mcp/call_table.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::backend {

/// Writes a call's access record, its metrics, its audit record and its spans. Of the
/// calls of one child.
class CallRecorder {
 public:
  /// References outlive it.
  CallRecorder(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics)
      : context_(context), config_(config), metrics_(metrics), tracing_(context, config) {}

  [[nodiscard]] CallTracing& tracing() { return tracing_; }

  struct End {
    mcp::Outcome outcome = mcp::Outcome::Ok;
    std::string_view reason{};  ///< of the gateway's own error; a constant
    std::size_t bytes_out = 0;
    std::optional<int> rpc_code{};  ///< the error's, where it ends with one
  };
  /// Once for each call, whichever way it ends, and before its client is answered:
  /// the HTTP status is that of a request that is still open.
  void ended(mcp::Call const& call, End const& end);

 private:
  void audit(mcp::Call const& call, End const& end);
  void count(mcp::Call const& call, End const& end, std::string_view transport, std::optional<int> status,
             Duration took);

  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  CallTracing tracing_;
};

}  // namespace gateway::backend
