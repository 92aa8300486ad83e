#include "gateway/backend/affinity.h"

#include <fmt/format.h>

#include <vector>

namespace gateway::backend {

/// Neither part can hold the character between them: a principal is a plain name.
std::string Affinity::key_of(mcp::SessionOwner const& owner) const {
  return fmt::format("{}\n{}", owner.principal, config_.affinity.header.empty() ? "" : owner.key);
}

std::optional<mcp::Refusal> Affinity::refusal(mcp::SessionOwner const& owner) const {
  auto const& header = config_.affinity.header;
  if (!header.empty() && owner.key.empty()) {
    return mcp::Refusal{mcp::Outcome::Invalid,
                        fmt::format("Bad Request: the header {} must say, once, whose session this is", header)};
  }
  if (header.empty() && owner.principal.empty()) {
    return mcp::Refusal{mcp::Outcome::Invalid, "Bad Request: a bearer token must say whose session this is"};
  }
  // One that makes room may take its time to end.
  auto const may_begin = children_.size() < 2 * config_.max_children;
  auto const room = may_begin && (owned_.size() < config_.max_children || longest_unused() != nullptr);
  if (room || owned_.count(key_of(owner)) > 0) return std::nullopt;
  return mcp::Refusal{mcp::Outcome::Busy, "no more sessions can be opened now"};
}

Multiplexer& Affinity::place(mcp::Session const& session) {
  auto const key = key_of({.principal = session.principal, .key = session.key});
  if (auto const known = owned_.find(key); known != owned_.end()) return *children_.find(known->second);
  if (owned_.size() >= config_.max_children) give_up(*longest_unused());
  auto& child = children_.add(mcp::Sharing::Shared);
  owned_.emplace(key, child.id());
  return child;
}

/// One that nobody uses is not started again for nobody.
void Affinity::on_down(Multiplexer& child) {
  if (child.sessions() == 0) give_up(child);
}

void Affinity::tick(TimePoint now) {
  std::vector<Multiplexer*> over;
  for (auto const& [owner, id] : owned_) {
    auto* const child = children_.find(id);
    if (child->sessions() == 0 && now - child->unused_since() >= config_.affinity.keep) over.push_back(child);
  }
  for (auto* const child : over) give_up(*child);
}

Multiplexer* Affinity::longest_unused() const {
  Multiplexer* longest = nullptr;
  for (auto const& [owner, id] : owned_) {
    auto* const child = children_.find(id);
    if (child->sessions() > 0) continue;
    if (longest == nullptr || child->unused_since() < longest->unused_since()) longest = child;
  }
  return longest;
}

/// Its owner gets another from now on.
void Affinity::give_up(Multiplexer& child) {
  std::erase_if(owned_, [&](auto const& each) { return each.second == child.id(); });
  child.stop();
}

}  // namespace gateway::backend
