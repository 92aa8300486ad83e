#include "gateway/backend/owned_children.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace gateway::backend {

namespace {

/// Nobody has a session there, nor is expected back.
bool is_unused(Multiplexer const& child) { return child.sessions() == 0 && !child.is_awaited(); }

}  // namespace

std::size_t OwnedChildren::running() const {
  auto running = owned_.size();
  if (children_.size() < most_) return running;  // however many are others'
  children_.for_each([&](Multiplexer const& child) { running += child.sessions() > 0 && !owns(child) ? 1 : 0; });
  return running;
}

bool OwnedChildren::has_room() const {
  // One that makes room may take its time to end.
  return children_.size() < 2 * most_ && (running() < most_ || longest_unused() != nullptr);
}

bool OwnedChildren::has_place_for(std::string const& owner) const { return owned_.count(owner) > 0 || has_room(); }

Multiplexer& OwnedChildren::add(std::string const& owner, std::vector<std::string> const& own) {
  if (running() >= most_) make_room();
  auto& child = children_.add(mcp::Sharing::Shared, own);
  owned_.emplace(owner, child.id());
  return child;
}

Multiplexer& OwnedChildren::child_of(std::string const& owner, std::vector<std::string> const& own) {
  auto const [begin, end] = owned_.equal_range(owner);
  if (begin == end) return add(owner, own);
  auto const first =
      std::min_element(begin, end, [](auto const& a, auto const& b) { return raw(a.second) < raw(b.second); });
  return *children_.find(first->second);
}

Multiplexer* OwnedChildren::free_child_of(std::string const& owner) {
  Multiplexer* free = nullptr;
  auto const [begin, end] = owned_.equal_range(owner);
  for (auto at = begin; at != end; ++at) {
    auto* const child = children_.find(at->second);
    if (child->is_clear() && (free == nullptr || raw(child->id()) < raw(free->id()))) free = child;
  }
  if (free != nullptr) return free;
  return has_room() ? &add(owner) : nullptr;
}

Multiplexer* OwnedChildren::spare_beside(Multiplexer const& taken) {
  auto const known =
      std::find_if(owned_.begin(), owned_.end(), [&](auto const& each) { return each.second == taken.id(); });
  if (known == owned_.end()) return nullptr;
  auto const owner = known->first;
  auto const [begin, end] = owned_.equal_range(owner);
  auto const has_free = std::any_of(begin, end, [&](auto const& each) {
    auto const* const child = children_.find(each.second);
    return child != &taken && child->is_clear();
  });
  return has_free || children_.size() >= most_ ? nullptr : &add(owner);
}

std::vector<Multiplexer*> OwnedChildren::siblings_of(Multiplexer const& child) {
  std::vector<Multiplexer*> siblings;
  auto const known =
      std::find_if(owned_.begin(), owned_.end(), [&](auto const& each) { return each.second == child.id(); });
  if (known == owned_.end()) return siblings;
  auto const [begin, end] = owned_.equal_range(known->first);
  for (auto at = begin; at != end; ++at) {
    if (at->second != child.id()) siblings.push_back(children_.find(at->second));
  }
  return siblings;
}

bool OwnedChildren::owns(Multiplexer const& child) const {
  return std::any_of(owned_.begin(), owned_.end(), [&](auto const& each) { return each.second == child.id(); });
}

void OwnedChildren::on_down(Multiplexer& child) {
  if (is_unused(child) && owns(child)) give_up(child);
}

template <typename Predicate>
void OwnedChildren::give_up_if(Predicate predicate) {
  std::vector<Multiplexer*> over;
  for (auto const& [owner, id] : owned_) {
    auto* const child = children_.find(id);
    if (is_unused(*child) && predicate(*child)) over.push_back(child);
  }
  for (auto* const child : over) give_up(*child);
}

void OwnedChildren::give_up_unused(TimePoint now) {
  give_up_if([&](Multiplexer const& child) { return now - child.unused_since() >= keep_; });
}

void OwnedChildren::give_up_unclear() {
  give_up_if([](Multiplexer const& child) { return !child.is_clear(); });
}

Multiplexer* OwnedChildren::longest_unused() const {
  Multiplexer* longest = nullptr;
  for (auto const& [owner, id] : owned_) {
    auto* const child = children_.find(id);
    if (child->sessions() > 0) continue;
    // One to which a client may come back for a call goes only where there is no other.
    auto const order = [](Multiplexer const& each) { return std::pair(each.is_awaited(), each.unused_since()); };
    if (longest == nullptr || order(*child) < order(*longest)) longest = child;
  }
  return longest;
}

void OwnedChildren::make_room() {
  if (auto* const unused = longest_unused()) give_up(*unused);
}

/// Its owner gets another from now on.
void OwnedChildren::give_up(Multiplexer& child) {
  std::erase_if(owned_, [&](auto const& each) { return each.second == child.id(); });
  child.stop();
}

}  // namespace gateway::backend
