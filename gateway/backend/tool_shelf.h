// The tools of a shared child, kept for its clients.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/mcp/tool_list.h"

namespace gateway::backend {

/// Knows the last whole list and the one being gathered. Pure: it says when to
/// ask the child, its owner asks.
class ToolShelf {
 public:
  /// Begins to list anew, unless a listing is under way: then once more after it.
  /// True when the first page is to be asked for now.
  [[nodiscard]] bool begin() {
    again_ = gathering_.has_value();
    if (again_) return false;
    gathering_.emplace();
    return true;
  }

  /// A page came. The raw cursor of the next to ask for, or nothing: it is whole.
  [[nodiscard]] std::optional<std::string> add_page(std::string_view raw_result) {
    return gathering_ ? gathering_->add_page(raw_result) : std::nullopt;
  }

  /// The gathered list takes the place of the old one. True when clients knew
  /// another, or may: while no list could be gathered, they listed themselves.
  [[nodiscard]] bool finish(TimePoint now) {
    auto const differs = gathering_ && (list_ ? !list_->same_as(*gathering_) : failed_);
    if (gathering_) list_ = std::move(gathering_);
    gathering_.reset();
    asked_ = now;
    return differs;
  }

  /// The listing failed or its child is gone; what was known stays.
  void give_up(TimePoint now) {
    gathering_.reset();
    asked_ = now;
    failed_ = true;
  }

  /// True, once, when the child said it changed while it was being listed.
  [[nodiscard]] bool take_again() { return std::exchange(again_, false); }

  /// Whether the list may be another by now: the child has said so, and is asked.
  [[nodiscard]] bool listing() const { return gathering_.has_value(); }

  [[nodiscard]] mcp::ToolList const* list() const { return list_ ? &*list_ : nullptr; }
  /// Since the child was asked last, whether or not that gave a list.
  [[nodiscard]] Duration age(TimePoint now) const { return now - asked_; }

 private:
  std::optional<mcp::ToolList> list_;
  std::optional<mcp::ToolList> gathering_;
  TimePoint asked_;  ///< when the last listing ended
  bool failed_ = false;
  bool again_ = false;
};

}  // namespace gateway::backend
