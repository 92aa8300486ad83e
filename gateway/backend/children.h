// The children of one service.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/backend/multiplexer.h"
#include "gateway/base/slot_table.h"

namespace gateway::backend {

/// Owns them; who they are for is the Placement's to know. Owned by the Service.
class Children {
 public:
  /// References, and what `guards` points to, outlive it.
  Children(Context context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics, ServiceGuards guards,
           Multiplexer::Owner& owner)
      : context_(std::move(context)), config_(config), metrics_(metrics), guards_(guards), owner_(owner) {}

  /// One more, not started yet, with its owner's variables, "NAME=value".
  Multiplexer& add(mcp::Sharing sharing, std::vector<std::string> const& own = {}) {
    auto owned = std::make_unique<Multiplexer>(context_, own, sharing, config_, metrics_, guards_, eras_, owner_);
    auto& child = *owned;
    child.set_id(table_.insert(std::move(owned)));
    return child;
  }

  /// The era of a child, as far as it has shown it itself, or others have, or the configuration says so.
  [[nodiscard]] std::optional<mcp::Era> era_of(Multiplexer const& child) const {
    auto const* const handshake = child.handshake();
    return handshake != nullptr ? handshake->era() : known_era(config_, eras_).era;
  }

  [[nodiscard]] Multiplexer* find(ChildId id) { return table_.find(id); }
  [[nodiscard]] std::unique_ptr<Multiplexer> release(ChildId id) { return table_.release(id); }
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }

  template <typename F>
  void for_each(F&& action) {
    table_.for_each(std::forward<F>(action));
  }
  template <typename F>
  void for_each(F&& action) const {
    table_.for_each(std::forward<F>(action));
  }

  /// All of them now: for what may end some. One that ended is buried, and lives to
  /// the end of the turn.
  [[nodiscard]] std::vector<Multiplexer*> all() {
    std::vector<Multiplexer*> children;
    table_.for_each([&](Multiplexer& child) { children.push_back(&child); });
    return children;
  }

 private:
  Context context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  ServiceGuards const guards_;
  Multiplexer::Owner& owner_;
  EraMemory eras_;  ///< before those that use it
  SlotTable<Multiplexer, ChildId> table_;
};

}  // namespace gateway::backend
