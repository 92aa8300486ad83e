// Children that belong to owners.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/backend/children.h"
#include "gateway/base/clock.h"

namespace gateway::backend {

/// One child for each owner, shared by the owner's sessions and out of reach for all others. It is kept a while after
/// the last of them, so that a client which opens a session for each call finds what it left; when no more may run, the
/// one that was unused longest makes room.
class OwnedChildren {
 public:
  /// References outlive it. `most` children at a time.
  OwnedChildren(Children& children, std::size_t most, Duration keep) : children_(children), most_(most), keep_(keep) {}

  /// Whether the owner has a child, or may have one now.
  [[nodiscard]] bool has_place_for(std::string const& owner) const;
  /// The owner's child, added if need be. Only where there is a place for it.
  [[nodiscard]] Multiplexer& child_of(std::string const& owner);
  [[nodiscard]] bool owns(Multiplexer const& child) const;

  /// A run of the child has ended: one that nobody uses is not started again for nobody.
  void on_down(Multiplexer& child);
  /// Gives up those that were unused too long.
  void tick(TimePoint now);

 private:
  [[nodiscard]] Multiplexer* longest_unused() const;
  void give_up(Multiplexer& child);

  Children& children_;
  std::size_t most_;
  Duration keep_;
  std::unordered_map<std::string, ChildId> owned_;  ///< by owner, those that are not being stopped
};

}  // namespace gateway::backend
