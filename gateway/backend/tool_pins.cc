#include "gateway/backend/tool_pins.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gateway::backend {

namespace {
/// The definitions of some thousand tools.
constexpr std::size_t kMostMiB = 16;
/// Of a difference, for the log.
constexpr std::size_t kMostLogged = 4000;
}  // namespace

ToolPins::ToolPins(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics)
    : context_(context),
      config_(config),
      settings_(*config.pinned_tools),
      metrics_(metrics),
      file_(settings_.file, kMostMiB) {
  if (auto const content = file_.read_if_changed()) read(*content);
  metrics_.tools_drifted(0);
  if (!fault_.empty()) compare();
}

bool ToolPins::refresh() {
  auto const content = file_.read_if_changed();
  if (!content) return false;
  auto const before = pinned_;
  read(*content);
  compare();
  return before != pinned_;
}

/// A file that cannot be read pins what it did before: nothing becomes visible by its damage.
void ToolPins::read(Result<std::string> const& content) {
  auto lock = content ? mcp::read_tool_lock(*content) : Result<mcp::ToolLock>(content.error());
  if (!lock) {
    fault_ = content ? fmt::format("the lock file {}: {}", settings_.file, lock.error().what) : lock.error().what;
    return;
  }
  auto const found = lock->find(config_.name);
  fault_ = found != lock->end() ? std::string{} : fmt::format("{} has no tools of this service", settings_.file);
  pinned_ = found != lock->end() ? std::move(found->second) : mcp::PinnedTools{};
}

std::string ToolPins::visible(std::string_view raw_result) const {
  return mcp::without_tools(raw_result, [&](std::string_view raw_tool) {
    auto const offered = mcp::pin_of(raw_tool);
    auto const found = offered ? pinned_.find(offered->first) : pinned_.end();
    return found != pinned_.end() && found->second.sha256 == offered->second.sha256;
  });
}

void ToolPins::observe(mcp::PinnedTools offered) {
  offered_ = std::move(offered);
  observed_ = true;
  compare();
}

void ToolPins::compare() {
  if (observed_) drift_ = mcp::drift_of(pinned_, offered_);
  metrics_.tools_drifted(drift_.count());
  auto const now = why();
  auto text = mcp::difference(drift_, pinned_, offered_);
  if (std::exchange(told_, now + text) == now + text) return;
  if (now.empty()) {
    return context_.log.info("service.drift", "the tools are as pinned", {{"server", config_.name}});
  }
  if (text.size() > kMostLogged) text = text.substr(0, kMostLogged) + "…";
  context_.log.warn("service.drift", "the tools are not as pinned",
                    {{"server", config_.name}, {"reason", now}, {"difference", context_.redaction->apply(text)}});
}

/// Tools that are missing can harm nobody.
bool ToolPins::refuses() const {
  if (settings_.on_drift != config::OnDrift::Refuse) return false;
  return !fault_.empty() || !drift_.changed.empty() || !drift_.added.empty();
}

std::string ToolPins::why() const { return fault_.empty() ? mcp::to_text(drift_) : fault_; }

void ToolPins::add_to(health::ServiceHealth& health) const {
  auto const now = why();
  if (now.empty()) return;
  health.status = std::max(health.status, refuses() ? health::HealthStatus::Unhealthy : health::HealthStatus::Degraded);
  health.reason += (health.reason.empty() ? "" : "; ") + now;
}

}  // namespace gateway::backend
