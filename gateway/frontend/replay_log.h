// The last events of a session's streams, for a client that comes back with
// Last-Event-ID.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace gateway::frontend {

/// An event's id: a stream of the session, and the event's ordinal on it. As a string
/// "<stream>-<number>", which the client sends back.
struct EventId {
  std::uint64_t stream = 0;
  std::uint64_t number = 0;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<EventId> from(std::string_view text);
  bool operator==(EventId const&) const = default;
};

/// Limited in events and bytes; the oldest events are removed first.
class ReplayLog {
 public:
  ReplayLog(std::size_t max_events, std::size_t max_bytes) : max_events_(max_events), max_bytes_(max_bytes) {}

  struct Event {
    EventId id;
    std::string message;
  };

  void add(EventId id, std::string message);

  /// True when every event of the stream after `id` is still here.
  [[nodiscard]] bool reaches(EventId id, std::uint64_t last_number) const;

  /// Calls `action` for each event of the stream after `id`, in order.
  template <typename F>
  void for_each_after(EventId id, F&& action) const {
    for (auto const& event : events_) {
      if (event.id.stream == id.stream && event.id.number > id.number) action(event);
    }
  }

 private:
  std::size_t max_events_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::deque<Event> events_;
};

}  // namespace gateway::frontend
