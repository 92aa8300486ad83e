// Where sessions are opened and ended, whatever transport they came by.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/allowance.h"
#include "gateway/base/clock.h"
#include "gateway/base/side_table.h"
#include "gateway/base/turn.h"
#include "gateway/config/config.h"
#include "gateway/frontend/client_streams.h"
#include "gateway/http/server.h"
#include "gateway/log/log.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/session_table.h"
#include "gateway/metrics/service_probe.h"
#include "gateway/trace/tracer.h"

namespace gateway::frontend {

struct Visit;

/// What the transports share. References outlive them.
struct Desk {
  Clock const& clock;
  Turn& turn;
  config::GatewayConfig const& config;
  mcp::SessionTable& sessions;
  std::vector<mcp::ServicePort*> services;     ///< by ServiceIndex
  std::vector<metrics::ServiceProbe*> probes;  ///< by ServiceIndex
  log::Log& log;
  trace::Tracer& tracer;
  Allowance& allowance;            ///< of sessions, over all loops
  http::Server* server = nullptr;  ///< set once it is built: it needs its handler first
  bool draining = false;
  bool ending = false;  ///< all sessions are being ended
  SideTable<std::unique_ptr<ClientStreams>, SessionId> streams{};

  [[nodiscard]] mcp::ServicePort& service(ServiceIndex index) const { return *services[raw(index)]; }

  [[nodiscard]] metrics::ServiceProbe& probe(ServiceIndex index) const { return *probes[raw(index)]; }

  /// Of an open session. Valid until the end of the turn in which the session ends.
  [[nodiscard]] ClientStreams& streams_of(mcp::Session const& session) const { return **streams.find(session.id); }
  /// Null when the session has ended.
  [[nodiscard]] ClientStreams* find_streams(SessionId session) const {
    auto const* const found = streams.find(session);
    return found == nullptr ? nullptr : found->get();
  }

  /// Why a stream ends that is ended now.
  [[nodiscard]] http::StreamEnd stream_end() const { return ending ? http::StreamEnd::Drain : http::StreamEnd::Done; }

  /// A new session, attached to the service its request names, or why there is none.
  /// At the limit the session of this loop that was idle longest makes room.
  struct Opened {
    mcp::Session* session = nullptr;
    mcp::Refusal refusal;
  };
  [[nodiscard]] Opened open_session(Visit const& visit, mcp::Transport transport);

  /// The one way a session ends: its calls are taken back at the child. Never called
  /// by one who answers: the service that has something answered may hold the session.
  void end_session(mcp::Session& session, mcp::SessionEnd why);

  /// The raw error to send instead of an answer whose event is larger than the session's
  /// client accepts, and a log line; nothing when the answer fits.
  [[nodiscard]] std::optional<std::string> replace_if_too_large(SessionId session, rpc::Reply const& reply);

  /// Ends what was idle too long.
  void tick();

 private:
  [[nodiscard]] Allowance::Share take_share();
  [[nodiscard]] bool is_idle(mcp::Session const& session) const;
  [[nodiscard]] bool make_room();
  [[nodiscard]] bool make_room_at(ServiceIndex service);
};

}  // namespace gateway::frontend
