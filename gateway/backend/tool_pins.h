// The reviewed tools of one service, and how those it offers differ from them.
#pragma once

#include <string>
#include <string_view>

#include "gateway/backend/context.h"
#include "gateway/health/health.h"
#include "gateway/io/changing_file.h"
#include "gateway/mcp/tool_lock.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::backend {

/// The reason of what is rejected for it.
inline constexpr std::string_view kToolsNotPinned = "tools_not_pinned";

/// Owned by the Service: its children run the same program, so what one of them offers is what the service offers.
class ToolPins {
 public:
  /// References outlive it. Only for a service that has pinned tools; the file is read at once.
  ToolPins(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics);

  /// Reads the file if it has changed. Once in a while. True when other tools are pinned now: lists are taken anew.
  [[nodiscard]] bool refresh();

  /// Whether tools that are not as pinned are neither listed nor called.
  [[nodiscard]] bool hides() const { return settings_.on_drift != config::OnDrift::Warn; }
  /// Whether nothing of the service is served.
  [[nodiscard]] bool refuses() const;
  /// Whether a tool of that name is pinned.
  [[nodiscard]] bool has(std::string_view name) const { return pinned_.find(name) != pinned_.end(); }
  /// The result of a tools/list without what is not as pinned.
  [[nodiscard]] std::string visible(std::string_view raw_result) const;

  /// A child has listed all its tools.
  void observe(mcp::PinnedTools offered);
  void add_to(health::ServiceHealth& health) const;

 private:
  void read(Result<std::string> const& content);
  void compare();
  [[nodiscard]] std::string why() const;

  Context const& context_;
  config::ServiceConfig const& config_;
  config::PinnedToolsConfig const& settings_;
  metrics::ServiceProbe& metrics_;
  io::ChangingFile file_;
  std::string fault_;  ///< why it is not known what is pinned; empty if it is
  mcp::PinnedTools pinned_;
  mcp::PinnedTools offered_;
  bool observed_ = false;
  mcp::ToolDrift drift_;
  std::string told_;  ///< what was logged last
};

}  // namespace gateway::backend
