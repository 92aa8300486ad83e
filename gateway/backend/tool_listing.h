// Keeps the tools of a child listed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/backend/audience.h"
#include "gateway/backend/context.h"
#include "gateway/backend/own_question.h"
#include "gateway/backend/tool_pins.h"
#include "gateway/backend/tool_shelf.h"
#include "gateway/metrics/service_probe.h"

namespace gateway::backend {

/// Asks for the list page by page, and notifies the clients if it differs from the one they know.
class ToolListing {
 public:
  /// References outlive it. `pins` is null where tools are not pinned.
  ToolListing(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics,
              ToolPins* pins, Audience& audience, Asker& asker)
      : context_(context), config_(config), metrics_(metrics), pins_(pins), audience_(audience), asker_(asker) {}

  /// The child was started: the first list of a run is logged.
  void begin_run() { logged_ = is_of_this_run_ = false; }
  /// Lists anew. While a listing is under way: once more after it.
  void start();
  /// Lists anew if the child was asked longer ago than `tools_refresh`: for one that does not report changes, or could
  /// not list its tools.
  void refresh_when_due(TimePoint now);

  /// Whether the list may have changed: the child says so, and is being asked.
  [[nodiscard]] bool under_way() const { return shelf_.listing(); }
  /// Whether the last complete list was made by this run of the child.
  [[nodiscard]] bool is_of_this_run() const { return is_of_this_run_; }
  /// The last complete list; null before there is one.
  [[nodiscard]] mcp::ToolList const* list() const { return shelf_.list(); }

 private:
  class Page;
  void ask(std::optional<std::string> const& cursor);
  void on_page(mcp::Outcome outcome, std::string_view result);
  [[nodiscard]] std::optional<std::string> add_pinned(std::string_view result);
  void on_listed();

  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  ToolPins* const pins_;
  Audience& audience_;
  Asker& asker_;
  ToolShelf shelf_;
  mcp::PinnedTools offered_;  ///< by the pages so far, where tools are pinned
  bool logged_ = false;       ///< in this run of the child
  bool is_of_this_run_ = false;
};

}  // namespace gateway::backend
