// Whose calls a child may still speak about although they are over.
#pragma once

#include <algorithm>
#include <utility>

#include "gateway/base/clock.h"

namespace gateway::mcp {

/// Owners of calls, each remembered until a time of its own. Takes a constant amount of memory: it knows the two that
/// are remembered longest, which is enough to say whether there is any but a given one.
template <typename Owner>
class Lingering {
 public:
  void add(Owner const& owner, TimePoint until) {
    if (owner == longest_.owner) {
      longest_.until = std::max(longest_.until, until);
    } else if (owner == second_.owner) {
      second_.until = std::max(second_.until, until);
    } else if (until >= second_.until) {
      second_ = {owner, until};
    }
    if (second_.until > longest_.until) std::swap(longest_, second_);
  }

  /// Whether there is none of another owner.
  [[nodiscard]] bool only_of(Owner const& owner, TimePoint now) const {
    return is_over(longest_, owner, now) && is_over(second_, owner, now);
  }

 private:
  struct Entry {
    Owner owner{};
    TimePoint until{};
  };
  [[nodiscard]] static bool is_over(Entry const& entry, Owner const& owner, TimePoint now) {
    return entry.owner == owner || entry.until <= now;
  }

  Entry longest_;
  Entry second_;
};

}  // namespace gateway::mcp
