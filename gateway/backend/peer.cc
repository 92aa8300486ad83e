#include "gateway/backend/peer.h"

#include "gateway/backend/child.h"
#include "gateway/backend/context.h"

namespace gateway::backend {

std::string_view to_text(PeerState state) {
  switch (state) {
    case PeerState::Stopped: return "stopped";
    case PeerState::Starting: return "starting";
    case PeerState::Ready: return "ready";
    case PeerState::Backoff: return "backoff";
    case PeerState::CrashLoop: return "crash_loop";
    case PeerState::Stopping: return "stopping";
    case PeerState::Asleep: return "idle";
  }
  return "stopped";
}

std::unique_ptr<Peer> make_peer(Context const& context, config::ServiceConfig const& config,
                                metrics::ServiceProbe& metrics, Peer::Owner& owner) {
  return std::make_unique<Child>(context, config, metrics, owner);
}

}  // namespace gateway::backend
