// Where sessions are opened and ended, whatever transport they came by.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/allowance.h"
#include "gateway/base/clock.h"
#include "gateway/base/side_table.h"
#include "gateway/base/turn.h"
#include "gateway/config/config.h"
#include "gateway/frontend/client_streams.h"
#include "gateway/frontend/directory.h"
#include "gateway/frontend/versions.h"
#include "gateway/http/server.h"
#include "gateway/log/log.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/request_state.h"
#include "gateway/mcp/session_table.h"
#include "gateway/metrics/service_probe.h"
#include "gateway/trace/tracer.h"

namespace gateway::frontend {

struct Visit;
class Denials;
class Gatekeeper;
class Rights;

/// What becomes of sessions on a loop. Only goes forward, but for Retiring: should the next process die, this one is Serving
/// again.
enum class Phase {
  Serving,
  Retiring,  ///< new sessions are those of the next process; here are the others, until they end
  Draining,  ///< no new sessions; calls in flight finish
  Ending,    ///< all sessions are being ended
};

/// A service that lives on this loop.
struct ServiceHere {
  mcp::ServicePort* port = nullptr;
  metrics::ServiceProbe* probe = nullptr;
  config::ServiceConfig const* config = nullptr;
  mcp::ClientPort* parts = nullptr;  ///< of a group: where messages for the parts of its sessions go
};

/// What the transports share. References outlive them.
struct Desk {
  Clock const& clock;
  Turn& turn;
  config::GatewayConfig const& config;
  mcp::SessionTable& sessions;
  Directory const* directory;  ///< the current one
  mcp::StateSeal const& seal;
  log::Log& log;
  trace::Tracer& tracer;
  Allowance& allowance;        ///< of sessions, over all loops
  bool is_first = true;        ///< of all loops: it reports what each of them finds out for itself
  Denials* denials = nullptr;  ///< set by the front door, as the next two
  Gatekeeper* gatekeeper = nullptr;
  Rights* rights = nullptr;        ///< null where every request may be made
  http::Server* server = nullptr;  ///< set once it is built: it needs its handler first
  Phase phase = Phase::Serving;
  bool has_former = false;  ///< the process that this one replaces is there, with sessions that it has still
  bool has_next = false;    ///< the process that replaces this one is there, and serves
  SideTable<ServiceHere, ServiceKey> services{};  ///< that live on this loop
  Versions versions{};                            ///< of these
  SideTable<std::unique_ptr<ClientStreams>, SessionId> streams{};

  /// Whether a service lives here. It stays at least until its last session has ended.
  [[nodiscard]] bool serves(ServiceKey service) const { return services.find(service) != nullptr; }
  /// Of a service that lives here.
  [[nodiscard]] mcp::ServicePort& service(ServiceKey service) const { return *services.find(service)->port; }
  [[nodiscard]] metrics::ServiceProbe& probe(ServiceKey service) const { return *services.find(service)->probe; }

  /// Of an open session. Valid until the end of the turn in which the session ends.
  [[nodiscard]] ClientStreams& streams_of(mcp::Session const& session) const { return **streams.find(session.id); }
  /// Null when the session has ended.
  [[nodiscard]] ClientStreams* find_streams(SessionId session) const {
    auto const* const found = streams.find(session);
    return found == nullptr ? nullptr : found->get();
  }

  /// Passes a request on to the process that it belongs to, where that is another one and is there: by the session or
  /// request state it names (`issuer`), or, where it names none, to the one that has new sessions. False for one that
  /// is to be served, or refused, here.
  [[nodiscard]] bool pass_on(Visit const& visit, std::optional<Generation> issuer = {}) const;

  /// The reason of a stream that is ended now.
  [[nodiscard]] http::StreamEnd stream_end() const {
    return phase == Phase::Ending ? http::StreamEnd::Drain : http::StreamEnd::Done;
  }

  /// A new session, attached to the service its request names or to a version of it, or why it was rejected. At
  /// the limit, the session of this loop that was idle longest is evicted. `mark` is that of a stateless client's
  /// request, and `state` the `requestState` it shows, as raw JSON.
  struct Opened {
    mcp::Session* session = nullptr;
    mcp::Refusal refusal;
  };
  [[nodiscard]] Opened open_session(Visit const& visit, mcp::Transport transport, mcp::RequestMark const& mark = {},
                                    std::string_view state = {});

  /// A part of the session `whole` at a member of its group, attached; or why there is none.
  [[nodiscard]] mcp::MemberDoor::Opened open_part(Visit const& visit, mcp::Session const& whole, ServiceKey member,
                                                  mcp::ClientMessage const& message);

  /// The only way a session ends: its calls are cancelled at the child. Never called while
  /// a request is being answered: the service that answers may hold the session.
  void end_session(mcp::Session& session, mcp::SessionEnd why);

  /// The raw error to send instead of an answer whose event is larger than the session's
  /// client accepts, and a log line; nothing when the answer fits.
  [[nodiscard]] std::optional<std::string> replace_if_too_large(SessionId session, rpc::Reply const& reply);

  /// Ends sessions that were idle too long.
  void tick();

 private:
  /// What of a request says which version of a service its session is at.
  struct Choice {
    mcp::Transport transport{};
    mcp::RequestMark const& mark;
    std::string_view state{};  ///< as `open_session` has it
  };
  [[nodiscard]] ServiceKey version_for(Visit const& visit, ServiceKey service, Choice const& by);
  /// Whose a session at a service is; or why it cannot be, now or ever.
  struct Owner {
    std::string_view key{};
    mcp::OwnVariables own{};
    std::optional<mcp::Refusal> refusal{};
  };
  [[nodiscard]] Owner owner_at(Visit const& visit, ServiceKey service, Choice const& by) const;
  [[nodiscard]] std::optional<mcp::Refusal> refusal_at(Visit const& visit, ServiceKey service, Owner const& owner,
                                                       Choice const& by) const;
  [[nodiscard]] Allowance::Share take_share();
  [[nodiscard]] bool is_idle(mcp::Session const& session) const;
  [[nodiscard]] bool make_room();
  [[nodiscard]] bool make_room_at(ServiceKey service);
};

}  // namespace gateway::frontend
