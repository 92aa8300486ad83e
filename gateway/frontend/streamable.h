// The sessions of Streamable HTTP, revisions 2025-03-26, 2025-06-18 and 2025-11-25: one
// URL, POST, GET and DELETE.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/frontend/incoming.h"
#include "gateway/frontend/posts.h"
#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"

namespace gateway::frontend {

/// The rules: which session a request belongs to, which one it opens, who may come back
/// for which stream. How a POST is answered is up to Posts, which the rules of the
/// stateless revision 2026-07-28, beside these, can use as well.
class Streamable {
 public:
  Streamable(Desk& desk, Posts& posts) : desk_(desk), posts_(posts) {}

  /// `version` is the MCP-Protocol-Version field.
  void post(Visit const& visit, Accepts accepted, http::FoundField const& version);
  void get(Visit const& visit);
  void remove(Visit const& visit);
  void on_post_gone(std::uint64_t ticket, ExchangeId exchange);
  void on_stream_gone(SessionId session);

  // ClientPort, for sessions of this transport.
  void answer(mcp::Session& session, std::uint64_t ticket, mcp::Outcome outcome, rpc::Reply const& reply);
  void drop(std::uint64_t ticket);
  void during(mcp::Session& session, std::uint64_t ticket, rpc::PiecesView message);
  void notify(mcp::Session& session, rpc::PiecesView message);
  [[nodiscard]] bool ask(mcp::Session& session, std::optional<std::uint64_t> ticket, rpc::PiecesView message);

  /// A session ended by something other than its own request.
  void forget(mcp::Session& session, mcp::SessionEnd why);

 private:
  void post_to_session(Visit const& visit, mcp::Session& session, Accepts accepted, http::FoundField const& version);
  void post_without_session(Visit const& visit, Accepts accepted, http::FoundField const& version);
  void serve(Visit const& visit, mcp::Session& session, Incoming const& incoming, Accepts accepted, bool initializes);
  [[nodiscard]] mcp::Session* session_of(Visit const& visit, http::FoundField const& token);
  [[nodiscard]] bool version_is_fine(Visit const& visit, http::FoundField const& version);
  void open_standalone(Visit const& visit, mcp::Session& session, std::optional<EventId> last);
  void close_standalone(mcp::Session& session);

  Desk& desk_;
  Posts& posts_;
};

}  // namespace gateway::frontend
