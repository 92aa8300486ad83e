// One client's session with one service.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/allowance.h"
#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/principal.h"
#include "gateway/base/turn.h"
#include "gateway/mcp/log_level.h"
#include "gateway/mcp/own_variables.h"
#include "gateway/mcp/request_state.h"
#include "gateway/mcp/version.h"

namespace gateway::mcp {

enum class Transport : std::uint8_t {
  Sse,        ///< 2024-11-05: the stream is the session
  Http,       ///< Streamable HTTP with a session id
  OneShot,    ///< one POST without a session: it lives as long as its answer
  Stateless,  ///< 2026-07-28: the same, for one request of the revision that has no sessions
};

/// Whether clients know the session by a token, and can come back to it.
[[nodiscard]] constexpr bool has_token(Transport transport) {
  return transport == Transport::Sse || transport == Transport::Http;
}

[[nodiscard]] constexpr Era era_of(Transport transport) {
  return transport == Transport::Stateless ? Era::Stateless : Era::Sessions;
}

struct AttachedTag;
struct AgeTag;

/// A request of the session that is not answered yet.
struct OpenRequest {
  std::string id;  ///< the client's raw token
  CallId call{};   ///< 0 while it waits for the child to be ready
};

/// What a client's session holds. A plain record, kept up to date by the transports
/// and the service, each the part it knows; its streams are the transports' own
/// (frontend/client_streams.h). Owned by the SessionTable from its first request to its
/// end, and then buried, since whoever ends it may be called by somebody who holds it;
/// others hold its id.
class Session final : public Mortal, public ListHook<AttachedTag>, public ListHook<AgeTag> {
 public:
  Allowance::Share share;  ///< it is one of the sessions allowed
  SessionId id{};
  ServiceKey service{};
  Transport transport = Transport::Http;
  std::string log_id;     ///< what logs call it: a hash of its token
  std::string token;      ///< what the client shows; a capability, never logged
  SessionId whole{};      ///< the session at a group that this is a part of, at one of its members; 0 for none
  PrincipalId principal;  ///< who opened it
  ClientId client{};      ///< in whose share its calls are
  std::string key;        ///< what its service's key header held when it was opened
  OwnVariables own;       ///< that its child is started with
  Revision revision = Revision::R2025_03_26;
  bool initialized = false;  ///< it has asked `initialize` and been answered

  /// The raw params of its `initialize`: an exclusive child is given the same.
  std::string init_params;
  /// What a child of the stateless revision is told of it with every request: raw members of `_meta`. Empty: nothing
  /// is known.
  std::string envelope;

  TimePoint opened;
  TimePoint last_used;

  /// Of a stateless client, for what its one request may be asked.
  std::string capabilities;  ///< raw object
  RequestMark mark;          ///< of its request, if that may be asked something

  // ── with the service ──
  EditionId edition{};  ///< of its service
  ChildId child{};      ///< whom it talks to
  std::vector<OpenRequest> open;
  std::optional<LogLevel> log_level;

  [[nodiscard]] OpenRequest* find_open(std::string_view raw_id) {
    for (auto& request : open) {
      if (request.id == raw_id) return &request;
    }
    return nullptr;
  }

  /// Forgets one request. The order of the others does not matter.
  void close(std::string_view raw_id) {
    if (auto* const request = find_open(raw_id)) {
      std::swap(*request, open.back());
      open.pop_back();
    }
  }
};

}  // namespace gateway::mcp
