#include "gateway/mcp/client_shares.h"

#include <algorithm>
#include <cmath>

namespace gateway::mcp {

bool ClientShares::admits(ClientId client) const {
  if (full()) return false;
  // Nearly always: then it may also if all that are taken are its own, and it holds
  // no more than these, of no fewer places.
  if (taken_ < any_may_hold_) return true;
  auto const held = held_by(client);
  return held < bound(places_ - (taken_ - held));
}

void ClientShares::take(ClientId client) {
  ++taken_;
  auto const [at, fresh] = held_.try_emplace(client, 0);
  ++at->second;
  if (fresh && held_.size() > forget_above_) forget_those_without();
}

void ClientShares::give_back(ClientId client) {
  auto const at = held_.find(client);
  if (at == held_.end() || at->second == 0) return;
  --at->second;
  --taken_;
}

std::size_t ClientShares::held_by(ClientId client) const {
  auto const at = held_.find(client);
  return at == held_.end() ? 0 : at->second;
}

std::size_t ClientShares::bound(std::size_t places) const {
  auto const nearest = std::ceil(share_ * static_cast<double>(places) - 0.5);
  return std::max<std::size_t>(1, nearest < 1 ? 0 : static_cast<std::size_t>(nearest));
}

void ClientShares::forget_those_without() {
  std::erase_if(held_, [](auto const& each) { return each.second == 0; });
  forget_above_ = std::max(kRemembered, 2 * held_.size());
}

}  // namespace gateway::mcp
