// What a peer that serves one session asks of its client.
#pragma once

#include <string_view>

#include "gateway/backend/context.h"
#include "gateway/backend/wire.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/client_requests.h"
#include "gateway/mcp/session.h"
#include "gateway/metrics/service_probe.h"
#include "gateway/rpc/message.h"

namespace gateway::backend {

/// Relays sampling, elicitation and roots requests to the client under ids of ours, and its answers
/// back. The peer is always answered: one that waits for ever may serve nobody else.
class ClientRelay {
 public:
  /// References outlive it. `sent` tells which of the session's requests the peer is working on.
  ClientRelay(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics, Wire& wire,
              mcp::CallTable const& sent)
      : context_(context), config_(config), metrics_(metrics), wire_(wire), sent_(sent) {}

  /// The one session of the peer.
  void set_session(SessionId session) { session_ = session; }
  [[nodiscard]] SessionId session() const { return session_; }

  /// The peer's request, for its client.
  void ask(rpc::Message const& message);
  /// A client's answer. Accepted only from the session that was asked, once.
  void answered(SessionId session, rpc::Message const& message);
  /// The peer takes its request back.
  void cancelled(std::string_view peer_id);
  void expire(TimePoint now);
  /// The peer's run is over.
  void give_up_all(std::string_view why);

 private:
  void refuse(rpc::Message const& message, rpc::ErrorCode code, std::string_view why);
  void give_up(mcp::ClientRequest const& request, std::string_view why);
  void tell_cancelled(mcp::ClientRequest const& request);

  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  Wire& wire_;
  mcp::CallTable const& sent_;
  SessionId session_{};
  mcp::ClientRequests requests_;
};

}  // namespace gateway::backend
