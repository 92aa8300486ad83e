#include "gateway/mcp/subscriptions.h"

#include <algorithm>

namespace gateway::mcp {

namespace {

bool add_once(std::vector<SessionId>& sessions, SessionId session) {
  if (std::find(sessions.begin(), sessions.end(), session) != sessions.end()) return false;
  sessions.push_back(session);
  return true;
}

/// The URI's text within its raw token.
std::string_view inner(std::string_view raw) {
  return raw.size() >= 2 && raw.front() == '"' ? raw.substr(1, raw.size() - 2) : raw;
}

bool lies_below(std::string_view uri, std::string_view parent) {
  if (uri.size() <= parent.size() || !uri.starts_with(parent)) return false;
  return parent.ends_with('/') || uri[parent.size()] == '/';
}

}  // namespace

Subscriptions::Need Subscriptions::subscribe(std::string_view uri, Subscriber subscriber) {
  auto const [at, fresh] = entries_.try_emplace(std::string(uri));
  sessions_.insert(subscriber.session);
  auto& entry = at->second;
  if (entry.active) {
    add_once(entry.sessions, subscriber.session);
    return Need::Nothing;
  }
  entry.waiting.push_back(subscriber);
  return fresh ? Need::AskChild : Need::Wait;
}

Subscriptions::Settled Subscriptions::settle(std::string_view uri, Verdict verdict) {
  auto const at = entries_.find(uri);
  if (at == entries_.end()) return {};
  auto& entry = at->second;
  Settled settled{std::exchange(entry.waiting, {}), false};
  if (verdict == Verdict::Accepted) {
    for (auto const& subscriber : settled.waiting) {
      if (!subscriber.withdrawn) add_once(entry.sessions, subscriber.session);
    }
    settled.abandoned = entry.sessions.empty();
  }
  if (verdict == Verdict::Refused) settled.lost = std::exchange(entry.sessions, {});
  // Also where the run ended: `uris` are asked of the next one, and whoever subscribes until then is answered.
  entry.active = true;
  if (entry.sessions.empty()) entries_.erase(at);
  return settled;
}

bool Subscriptions::unsubscribe(std::string_view uri, SessionId session) {
  auto const at = entries_.find(uri);
  if (at == entries_.end()) return false;
  auto& entry = at->second;
  std::erase(entry.sessions, session);
  for (auto& subscriber : entry.waiting) subscriber.withdrawn |= subscriber.session == session;
  if (!entry.active || !entry.sessions.empty()) return false;
  entries_.erase(at);
  return true;
}

std::vector<std::string> Subscriptions::held_by(SessionId session) const {
  std::vector<std::string> held;
  if (!sessions_.contains(session)) return held;
  for (auto const& [uri, entry] : entries_) {
    if (std::find(entry.sessions.begin(), entry.sessions.end(), session) != entry.sessions.end()) held.push_back(uri);
  }
  return held;
}

bool Subscriptions::adopt(std::string_view uri, SessionId session) {
  auto const [at, fresh] = entries_.try_emplace(std::string(uri));
  add_once(at->second.sessions, session);
  sessions_.insert(session);
  return fresh;
}

std::vector<std::string> Subscriptions::leave(SessionId session) {
  std::vector<std::string> unheld;
  if (sessions_.erase(session) == 0) return unheld;
  for (auto at = entries_.begin(); at != entries_.end();) {
    auto& entry = at->second;
    std::erase(entry.sessions, session);
    std::erase_if(entry.waiting, [&](Subscriber const& waiting) { return waiting.session == session; });
    if (entry.active && entry.sessions.empty()) {
      unheld.push_back(at->first);
      at = entries_.erase(at);
    } else {
      ++at;
    }
  }
  return unheld;
}

std::vector<SessionId> Subscriptions::subscribers(std::string_view uri) const {
  if (auto const exact = entries_.find(uri); exact != entries_.end()) return exact->second.sessions;
  Entry const* best = nullptr;
  std::size_t best_length = 0;
  for (auto const& [parent, entry] : entries_) {
    if (parent.size() > best_length && lies_below(inner(uri), inner(parent))) {
      best = &entry;
      best_length = parent.size();
    }
  }
  return best == nullptr ? std::vector<SessionId>{} : best->sessions;
}

std::vector<std::string> Subscriptions::uris() const {
  std::vector<std::string> all;
  for (auto const& [uri, entry] : entries_) all.push_back(uri);
  return all;
}

}  // namespace gateway::mcp
