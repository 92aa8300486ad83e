// Calls between clients of one era and a peer of the other.
#pragma once

#include <string>
#include <string_view>

#include "gateway/backend/context.h"
#include "gateway/mcp/bridged_reply.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/params.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/router.h"
#include "gateway/mcp/session.h"
#include "gateway/rpc/json_writer.h"
#include "gateway/rpc/message.h"

namespace gateway::backend {

/// Says what of a call is rewritten on its way to the peer, and what of its answer on the way back.
class EraBridge {
 public:
  /// `context` outlives it.
  EraBridge(Context const& context, mcp::Sharing sharing) : context_(context), sharing_(sharing) {}

  /// The peer has introduced itself. Valid until the next call of this.
  void introduced(mcp::Handshake const& handshake) { handshake_ = &handshake; }

  /// One that has not introduced itself counts as one with sessions.
  [[nodiscard]] mcp::Era peer_era() const { return handshake_ == nullptr ? mcp::Era::Sessions : handshake_->era(); }
  /// Whether the client of the call is of the other era.
  [[nodiscard]] bool spanned_by(mcp::Call const& call) const { return call.era() != peer_era(); }

  // ── to the peer ──
  /// `session` is that of the call's client; null where it has ended, or the call is the gateway's own. The views in it
  /// are valid until the next call of this.
  [[nodiscard]] mcp::ParamsRewrite rewrite_of(mcp::Call const& call, mcp::Session const* session);
  /// Keeps the request of a client with a session to which a stateless peer may answer that it needs input first.
  void keep_for_another_round(mcp::Call& call, std::string_view method, std::string_view params) const;

  // ── from the peer ──
  /// Whether the answer is that the client is to be asked something first, which this client does not understand.
  [[nodiscard]] static bool needs_input(mcp::Call const& call, rpc::Message const& answer);
  /// The answer as the client of the call, which is of the other era, expects it.
  [[nodiscard]] mcp::BridgedReply reply_for(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) const;

 private:
  Context const& context_;
  mcp::Sharing sharing_;
  mcp::Handshake const* handshake_ = nullptr;  ///< null until the peer's first run is ready
  std::string envelope_;                       ///< of the request being sent; keeps its memory
};

}  // namespace gateway::backend
