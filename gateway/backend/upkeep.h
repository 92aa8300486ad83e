// What is done about a child as time passes, without anybody asking.
#pragma once

#include <optional>

#include "gateway/backend/audience.h"
#include "gateway/backend/call_book.h"
#include "gateway/backend/context.h"
#include "gateway/backend/deep_probe.h"
#include "gateway/backend/own_question.h"
#include "gateway/backend/peer.h"
#include "gateway/backend/tool_listing.h"
#include "gateway/mcp/router.h"

namespace gateway::backend {

/// Ends a child that hangs, probes it, puts it to sleep while nobody uses it, and has it replaced by another run.
class Upkeep {
 public:
  /// References outlive it.
  Upkeep(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics, Peer& peer,
         CallBook& book, Audience const& audience, ToolListing const& tools, Asker& asker, mcp::Sharing sharing);

  /// The peer's run is ready.
  void begin_run() { weighed_ = context_.loop.now(); }
  void end_run() {
    if (deep_probe_) deep_probe_->forget();
  }

  void end_if_hung();
  void tick(TimePoint now);

  /// Null where the child is not probed.
  [[nodiscard]] DeepProbe const* deep_probe() const { return deep_probe_ ? &*deep_probe_ : nullptr; }

 private:
  [[nodiscard]] bool has_nothing_to_do() const;
  void recycle_when_due(TimePoint now);
  void sleep_when_unused(TimePoint now);
  void probe_when_due(TimePoint now);

  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  Peer& peer_;
  CallBook& book_;
  Audience const& audience_;
  ToolListing const& tools_;
  Asker& asker_;
  mcp::Sharing sharing_;
  std::optional<DeepProbe> deep_probe_;
  TimePoint weighed_;  ///< when the peer's memory was looked at
};

}  // namespace gateway::backend
