// Children that belong to owners.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/backend/children.h"
#include "gateway/base/clock.h"

namespace gateway::backend {

/// The children of each owner are out of reach for all others. They are kept a while after its last session, so that a
/// client which opens a session for each call finds what it left; when no more may run, the one that was unused longest
/// makes room.
class OwnedChildren {
 public:
  /// References outlive it. `most` children at a time.
  OwnedChildren(Children& children, std::size_t most, Duration keep) : children_(children), most_(most), keep_(keep) {}

  /// Whether the owner has a child, or may have one now.
  [[nodiscard]] bool has_place_for(std::string const& owner) const;
  /// The owner's first child, added if need be. Only where there is a place for it.
  /// `own` are its variables, "NAME=value".
  [[nodiscard]] Multiplexer& child_of(std::string const& owner, std::vector<std::string> const& own = {});
  /// One of the owner's that no call is open at, added if need be; null where there may be none.
  [[nodiscard]] Multiplexer* free_child_of(std::string const& owner);
  /// One more for the owner of `taken`, so that its next call need not wait for a start; null where there is a free one
  /// besides, or where others would have to make room.
  [[nodiscard]] Multiplexer* spare_beside(Multiplexer const& taken);
  /// The other children of its owner.
  [[nodiscard]] std::vector<Multiplexer*> siblings_of(Multiplexer const& child);
  [[nodiscard]] bool owns(Multiplexer const& child) const;

  /// A run of the child has ended: one that nobody uses is not started again for nobody.
  void on_down(Multiplexer& child);
  /// Gives up the one that was unused longest, if there is one.
  void make_room();
  /// Gives up those that were unused too long.
  void give_up_unused(TimePoint now);
  /// Gives up those that nobody uses and that may still be at a call which nobody waits for.
  void give_up_unclear();

 private:
  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] Multiplexer& add(std::string const& owner, std::vector<std::string> const& own = {});
  [[nodiscard]] Multiplexer* longest_unused() const;
  void give_up(Multiplexer& child);
  template <typename Predicate>
  void give_up_if(Predicate predicate);

  Children& children_;
  std::size_t most_;
  Duration keep_;
  std::unordered_multimap<std::string, ChildId> owned_;  ///< by owner, those that are not being stopped
};

}  // namespace gateway::backend
