// Calls that wait for their turn at a child.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/mcp/call_table.h"

namespace gateway::mcp {

/// A request that could not be sent when it came.
struct WaitingCall {
  Call call;
  std::string method;
  std::string params;  ///< raw
};

/// Sessions take turns, one call each, however many one of them has waiting; the
/// calls of a session keep their order. The gateway's own calls wait as those of
/// session 0. Costs do not grow with the number of sessions, but for those that
/// say so.
class FairQueue {
 public:
  void push(WaitingCall waiting);

  /// The oldest call of the session whose turn it is; nothing when none waits.
  [[nodiscard]] std::optional<WaitingCall> pop();

  /// Takes out one call of a session. Grows with what that session has waiting.
  [[nodiscard]] std::optional<WaitingCall> take(SessionId session, std::string_view client_id);
  /// Takes out all of a session, oldest first.
  [[nodiscard]] std::vector<WaitingCall> take_all_of(SessionId session);
  /// Takes out one whose deadline has passed. Deadlines are in the order of
  /// arrival, but for those without (TimePoint::max()), which are passed over.
  [[nodiscard]] std::optional<WaitingCall> take_expired(TimePoint now);
  /// Takes out the newest call of the session that has most waiting, when `session`
  /// would still have fewer with one more. Grows with what waits.
  [[nodiscard]] std::optional<WaitingCall> make_room_for(SessionId session);
  /// Takes out everything, oldest first.
  [[nodiscard]] std::vector<WaitingCall> take_all();

  [[nodiscard]] bool empty() const { return by_age_.empty(); }
  [[nodiscard]] std::size_t size() const { return by_age_.size(); }
  [[nodiscard]] std::size_t size_of(SessionId session) const;

 private:
  using Place = std::list<WaitingCall>::iterator;
  struct Line {
    std::deque<Place> calls;
    std::list<SessionId>::iterator turn;
  };
  WaitingCall release(Place place);

  std::list<WaitingCall> by_age_;
  std::list<SessionId> turns_;  ///< the sessions that wait; the next is at the front
  std::unordered_map<SessionId, Line> lines_;
};

}  // namespace gateway::mcp
