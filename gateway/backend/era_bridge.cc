#include "gateway/backend/era_bridge.h"

#include <memory>

#include "gateway/mcp/input_request.h"
#include "gateway/mcp/result_bridge.h"
#include "gateway/mcp/session_envelope.h"
#include "gateway/mcp/session_reply.h"
#include "gateway/mcp/stateless_reply.h"

namespace gateway::backend {

using mcp::Call;
using mcp::Session;

/// A peer of the stateless revision is told with every request who asks: by the client itself if it speaks that
/// revision, else by us.
mcp::ParamsRewrite EraBridge::rewrite_of(Call const& call, Session const* session) {
  if (peer_era() == mcp::Era::Sessions) return {.drop_task = sharing_ == mcp::Sharing::Shared};
  if (call.era() == mcp::Era::Stateless) return {.keep_envelope = true};
  auto const known = session != nullptr && !session->envelope.empty();
  envelope_ = known ? session->envelope : mcp::gateway_envelope(context_.version);
  if (session != nullptr && session->log_level) envelope_ = mcp::with_log_level(envelope_, *session->log_level);
  return {.drop_task = true, .envelope = envelope_};
}

void EraBridge::keep_for_another_round(Call& call, std::string_view method, std::string_view params) const {
  if (call.era() == mcp::Era::Stateless || call.is_own() || call.again || !mcp::may_need_input(call.method)) return;
  call.again = std::make_unique<mcp::Again>(mcp::Again{.method = std::string(method), .params = std::string(params)});
}

bool EraBridge::needs_input(Call const& call, rpc::Message const& answer) {
  return call.again && answer.error.empty() && mcp::result_type(answer.result) == mcp::ResultType::InputRequired;
}

mcp::BridgedReply EraBridge::reply_for(Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) const {
  if (call.era() == mcp::Era::Sessions) return mcp::session_reply(call, outcome, reply);
  auto const* const session = context_.sessions.find(call.to.session);
  auto const capabilities = session == nullptr ? std::string_view{} : session->capabilities;
  return mcp::stateless_reply(call, outcome, reply, handshake_, capabilities);
}

}  // namespace gateway::backend
