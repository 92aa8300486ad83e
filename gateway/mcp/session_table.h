// All open sessions, by id, by token, and by age.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/base/entropy.h"
#include "gateway/base/slot_table.h"
#include "gateway/mcp/session.h"

namespace gateway::mcp {

/// Owns the sessions. Knows neither transports nor services: who ends a session
/// tells them first.
class SessionTable {
 public:
  /// Every token begins with `token_front`.
  explicit SessionTable(Entropy& entropy, std::string token_front = {})
      : entropy_(entropy), token_front_(std::move(token_front)) {}

  /// A new session with a token of its own; a one-shot session has none.
  Session& open(ServiceKey service, Transport transport, TimePoint now);
  /// A part of `whole`, at a member of its group. It has no token, and the age of the whole.
  Session& open_part(ServiceKey member, Session const& whole, TimePoint now);

  [[nodiscard]] Session* find(SessionId id) { return sessions_.find(id); }
  [[nodiscard]] Session* find(std::string_view token);

  /// Forgets the session and gives it out, to be buried; null when the id is not known.
  [[nodiscard]] std::unique_ptr<Session> close(SessionId id);

  /// Marks a session as used: it becomes the youngest.
  void touch(Session& session, TimePoint now) {
    session.last_used = now;
    by_age_.push_back(session);
  }

  /// The session that was used longest ago among those that can be idle
  /// (Streamable ones), or null.
  [[nodiscard]] Session* oldest() { return by_age_.front(); }

  /// Of these the one used longest ago that `matches`, or null.
  template <typename F>
  [[nodiscard]] Session* oldest_if(F&& matches) {
    Session* found = nullptr;
    by_age_.for_each([&](Session& session) {
      if (found == nullptr && matches(session)) found = &session;
    });
    return found;
  }

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

  template <typename F>
  void for_each(F&& action) {
    sessions_.for_each(std::forward<F>(action));
  }

 private:
  struct TokenHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view token) const { return std::hash<std::string_view>{}(token); }
  };

  Entropy& entropy_;
  std::string token_front_;
  SlotTable<Session, SessionId> sessions_;
  std::unordered_map<std::string, SessionId, TokenHash, std::equal_to<>> by_token_;
  IntrusiveList<Session, AgeTag> by_age_;
};

}  // namespace gateway::mcp
