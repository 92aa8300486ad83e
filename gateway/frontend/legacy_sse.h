// HTTP+SSE of 2024-11-05: the stream is the session.
#pragma once

#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"

namespace gateway::frontend {

/// GET opens a session and its stream; POSTs carry its messages and are answered with 202
/// before anything else happens; every answer is sent on the stream, and when the stream
/// ends, the session ends.
class LegacySse {
 public:
  explicit LegacySse(Desk& desk) : desk_(desk) {}

  /// `messages_at` is the URL reference to which the client sends its messages.
  void get(Visit const& visit, std::string_view messages_at);
  void post(Visit const& visit);
  /// The stream of a session is gone.
  void on_gone(SessionId session, http::RequestHandler::Gone why);

  // ClientPort, for sessions of this transport.
  void answer(mcp::Session& session, rpc::Reply const& reply);
  void notify(mcp::Session& session, rpc::PiecesView message);
  [[nodiscard]] bool ask(mcp::Session& session, rpc::PiecesView message);

 private:
  [[nodiscard]] http::Exchange* stream(mcp::Session const& session);

  Desk& desk_;
};

}  // namespace gateway::frontend
