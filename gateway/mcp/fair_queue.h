// Calls that wait for their turn at a child.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/mcp/call_table.h"

namespace gateway::mcp {

/// A request that could not be sent when it came.
struct WaitingCall {
  Call call;
  std::string method;
  std::string params;  ///< raw
};

/// Clients take turns, one call each, however many sessions and calls one of them has
/// waiting; so do the sessions of a client among themselves; the calls of a session
/// keep their order. The gateway's own calls wait as those of session 0, each of the
/// client in whose share it counts, which is 0 for most.
/// Costs do not grow with the number of clients and sessions, but for those that say
/// so.
class FairQueue {
 public:
  void push(WaitingCall waiting);

  /// The call whose turn it is, among the clients that `may(ClientId)` have one more;
  /// nothing when none of theirs waits. Grows with the clients that are passed over,
  /// which keep their turn.
  template <typename May>
  [[nodiscard]] std::optional<WaitingCall> pop(May&& may) {
    for (auto const client : turns_) {
      if (may(client)) return next_of(client);
    }
    return std::nullopt;
  }

  /// Takes out one call of a session. Grows with what that session has waiting.
  [[nodiscard]] std::optional<WaitingCall> take(SessionId session, std::string_view client_id);
  /// Takes out all of a session, oldest first; of session 0, client by client.
  [[nodiscard]] std::vector<WaitingCall> take_all_of(SessionId session);
  /// Takes out one whose deadline has passed. Deadlines are in the order of
  /// arrival, but for those without (TimePoint::max()), which are passed over.
  [[nodiscard]] std::optional<WaitingCall> take_expired(TimePoint now);
  /// Takes out the newest call of the session that has most waiting, of the client
  /// that has: of another client when `client` would still have fewer with one more,
  /// else of its own when `session` would. Grows with what waits.
  [[nodiscard]] std::optional<WaitingCall> make_room_for(ClientId client, SessionId session);
  /// Takes out everything, oldest first.
  [[nodiscard]] std::vector<WaitingCall> take_all();

  [[nodiscard]] bool empty() const { return by_age_.empty(); }
  [[nodiscard]] std::size_t size() const { return by_age_.size(); }
  [[nodiscard]] std::size_t size_of(SessionId session) const;
  /// The method of the session's oldest call; nothing where none waits. Not for session 0.
  [[nodiscard]] std::optional<Method> oldest_of(SessionId session) const;

 private:
  using Place = std::list<WaitingCall>::iterator;
  using LineKey = std::pair<SessionId, ClientId>;
  struct Line {
    std::deque<Place> calls;
    std::list<SessionId>::iterator turn;
  };
  struct Party {
    std::list<SessionId> turns;  ///< its sessions that wait; the next is at the front
    std::size_t waiting = 0;
    std::list<ClientId>::iterator turn;
  };
  /// The lines of a session: one, but for session 0.
  [[nodiscard]] std::vector<Line const*> lines_of(SessionId session) const;
  std::optional<WaitingCall> next_of(ClientId client);
  WaitingCall release(Place place);
  [[nodiscard]] std::size_t size_of(ClientId client) const;
  [[nodiscard]] SessionId longest_line_of(ClientId client, Party const& party) const;

  std::list<WaitingCall> by_age_;
  std::list<ClientId> turns_;  ///< the clients that wait; the next is at the front
  std::unordered_map<ClientId, Party> parties_;
  std::map<LineKey, Line> lines_;
};

}  // namespace gateway::mcp
