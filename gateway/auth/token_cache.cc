#include "gateway/auth/token_cache.h"

#include <utility>

namespace gateway::auth {

TokenCache::Known const* TokenCache::find(Digest const& token, UnixTime now) {
  auto const found = known_.find(token);
  if (found == known_.end()) return nullptr;
  if (found->second.until >= now) return &found->second;
  known_.erase(found);
  return nullptr;
}

TokenCache::Known const& TokenCache::put(Digest const& token, Known known) {
  while (by_age_.size() >= kMost) {
    known_.erase(by_age_.front());
    by_age_.pop_front();
  }
  by_age_.push_back(token);
  return known_.insert_or_assign(token, std::move(known)).first->second;
}

void TokenCache::forget_issuer(std::size_t issuer) {
  std::erase_if(known_, [issuer](auto const& entry) { return entry.second.issuer == issuer; });
}

}  // namespace gateway::auth
