// The event streams of one session's client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "gateway/base/ids.h"
#include "gateway/base/turn.h"
#include "gateway/config/config.h"
#include "gateway/frontend/replay_log.h"
#include "gateway/http/exchange.h"

namespace gateway::frontend {

/// What the transports keep of a session besides what it means. Owned by the Desk,
/// from the opening of the session to its end, and then buried with it.
struct ClientStreams final : Mortal {
  ExchangeId own{};                 ///< the legacy SSE stream, or the standalone GET stream; 0 when none is open
  std::size_t max_event_bytes = 0;  ///< the largest SSE event the client accepts; 0: any
  std::uint64_t next_number = 1;    ///< of a POST's stream; 0 is the standalone stream
  std::uint64_t standalone_events = 0;
  bool can_come_back = false;         ///< the client was given an id of its standalone stream
  std::unique_ptr<ReplayLog> replay;  ///< null until an event was kept

  /// Keeps an event for a client that comes back for it.
  void keep(EventId id, std::string message, config::LimitsConfig const& limits);
  /// Whether events of a stream are kept.
  [[nodiscard]] bool has_kept(std::uint64_t stream) const;
  /// Sends the kept events of a stream that follow `last`.
  void replay_after(EventId last, http::Exchange& to) const;
};

/// Sends the first event of a stream, which has no data: with its id a client can come
/// back before it has seen another event. Clients of older revisions fail on it.
void send_priming_event(http::Exchange& stream, EventId at);

}  // namespace gateway::frontend
