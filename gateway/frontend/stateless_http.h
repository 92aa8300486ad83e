// Streamable HTTP of the stateless revision 2026-07-28: one URL, POST only, every request by itself.
#pragma once

#include "gateway/frontend/posts.h"
#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/mcp/client_message.h"
#include "gateway/mcp/era.h"

namespace gateway::frontend {

/// Whether the header fields alone say that a request is of the stateless revision.
[[nodiscard]] bool names_stateless_revision(http::RequestHead const& head);

/// Whether a POST may be one of the stateless revision, so that its message must be read to know. Quick, and never
/// false for one that is, unless it spells the envelope's keys with escapes.
/// `version` is its MCP-Protocol-Version field.
[[nodiscard]] bool may_be_stateless(http::FoundField const& version, std::string_view body);

/// The rules: a request gets a session that lives as long as its answer. Its client cancels it by disconnecting.
class StatelessHttp {
 public:
  /// References outlive it.
  StatelessHttp(Desk& desk, Posts& posts) : desk_(desk), posts_(posts) {}

  /// Serves or rejects a POST. False when it comes under the rules of a revision with sessions, which have to serve it.
  [[nodiscard]] bool post(Visit const& visit, Accepts accepted);

 private:
  void serve(Visit const& visit, Accepts accepted, mcp::ClientMessage const& message, mcp::Envelope const& envelope);
  void reject(Visit const& visit, rpc::Message const& message, mcp::EraRejection const& rejection);

  Desk& desk_;
  Posts& posts_;
  mcp::EnvelopeCache envelopes_;
};

}  // namespace gateway::frontend
