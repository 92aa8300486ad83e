#include "gateway/backend/owned_children.h"

#include <algorithm>
#include <vector>

namespace gateway::backend {

bool OwnedChildren::has_place_for(std::string const& owner) const {
  if (owned_.count(owner) > 0) return true;
  // One that makes room may take its time to end.
  auto const may_begin = children_.size() < 2 * most_;
  return may_begin && (owned_.size() < most_ || longest_unused() != nullptr);
}

Multiplexer& OwnedChildren::child_of(std::string const& owner) {
  if (auto const known = owned_.find(owner); known != owned_.end()) return *children_.find(known->second);
  if (owned_.size() >= most_) give_up(*longest_unused());
  auto& child = children_.add(mcp::Sharing::Shared);
  owned_.emplace(owner, child.id());
  return child;
}

bool OwnedChildren::owns(Multiplexer const& child) const {
  return std::any_of(owned_.begin(), owned_.end(), [&](auto const& each) { return each.second == child.id(); });
}

void OwnedChildren::on_down(Multiplexer& child) {
  if (child.sessions() == 0 && owns(child)) give_up(child);
}

void OwnedChildren::tick(TimePoint now) {
  std::vector<Multiplexer*> over;
  for (auto const& [owner, id] : owned_) {
    auto* const child = children_.find(id);
    if (child->sessions() == 0 && !child->is_awaited() && now - child->unused_since() >= keep_) over.push_back(child);
  }
  for (auto* const child : over) give_up(*child);
}

Multiplexer* OwnedChildren::longest_unused() const {
  Multiplexer* longest = nullptr;
  for (auto const& [owner, id] : owned_) {
    auto* const child = children_.find(id);
    if (child->sessions() > 0 || child->is_awaited()) continue;
    if (longest == nullptr || child->unused_since() < longest->unused_since()) longest = child;
  }
  return longest;
}

/// Its owner gets another from now on.
void OwnedChildren::give_up(Multiplexer& child) {
  std::erase_if(owned_, [&](auto const& each) { return each.second == child.id(); });
  child.stop();
}

}  // namespace gateway::backend
