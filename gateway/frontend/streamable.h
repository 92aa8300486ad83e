// Streamable HTTP of 2025-03-26, 2025-06-18 and 2025-11-25: one URL, POST, GET
// and DELETE. The stateless revision 2026-07-28 takes its place beside it: its
// requests are told apart in `post`, before a session is looked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gateway/base/intrusive_list.h"
#include "gateway/base/slot_table.h"
#include "gateway/base/turn.h"
#include "gateway/frontend/incoming.h"
#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"

namespace gateway::frontend {

struct PendingTag;

/// One POST that is owed answers. It outlives its client's connection where the
/// client can come back for the rest of its stream.
struct Post : ListHook<PendingTag> {
  std::uint64_t ticket = 0;
  SessionId session{};
  ExchangeId exchange{};  ///< 0 when the client is gone
  Accepts accepted;
  bool initializes = false;  ///< its answer brings the session id
  bool streaming = false;    ///< the answer has become an event stream
  std::uint64_t stream = 0;  ///< that stream's number within the session
  std::uint64_t events = 0;  ///< sent on it
  std::size_t owed = 1;      ///< answers still to come
  bool batch = false;
  std::vector<std::string> batched;  ///< answers of a batch, gathered
  std::string fields;                ///< CORS lines of every answer
  TimePoint since;
};

/// Answers a POST with one JSON body where that is all there is to say, and
/// becomes an event stream as soon as something else comes first.
class Streamable : private Deferred {
 public:
  explicit Streamable(Desk& desk) : desk_(desk) {}
  ~Streamable() override { desk_.turn.forget(*this); }

  void post(Visit const& visit);
  void get(Visit const& visit);
  void remove(Visit const& visit);
  void on_post_gone(std::uint64_t ticket, ExchangeId exchange);
  void on_stream_gone(SessionId session);

  /// Answers that take long become streams, so that something can be sent to
  /// keep the connection open. Once a second.
  void tick();

  // ClientPort, for sessions of this transport.
  [[nodiscard]] std::optional<int> status_of(std::uint64_t ticket, mcp::Outcome outcome);
  void answer(mcp::Session& session, std::uint64_t ticket, mcp::Outcome outcome, rpc::Reply const& reply);
  void drop(std::uint64_t ticket);
  void during(mcp::Session& session, std::uint64_t ticket, rpc::PiecesView message);
  void notify(mcp::Session& session, rpc::PiecesView message);
  [[nodiscard]] bool ask(mcp::Session& session, std::optional<std::uint64_t> ticket, rpc::PiecesView message);

  /// A session ended by something else than its own request.
  void forget(mcp::Session& session);

 private:
  void post_to_session(Visit const& visit, mcp::Session& session, Accepts accepted);
  void post_without_session(Visit const& visit, Accepts accepted);
  void serve(Visit const& visit, mcp::Session& session, Incoming const& incoming, Accepts accepted, bool initializes);
  [[nodiscard]] mcp::Session* session_of(Visit const& visit, http::FoundField const& token);
  [[nodiscard]] bool version_is_fine(Visit const& visit);
  void open_standalone(Visit const& visit, mcp::Session& session, std::optional<EventId> last);
  void close_standalone(mcp::Session& session);
  [[nodiscard]] bool resume(Visit const& visit, mcp::Session& session, EventId last);

  [[nodiscard]] bool become_stream(Post& post);
  void send_on_post(Post& post, rpc::PiecesView message);
  void answer_whole(Post& post, int status, rpc::PiecesView body);
  void answer_batch(Post& post);
  void settle(Post& post);
  void end_later(SessionId session);
  void run_deferred() override;
  [[nodiscard]] http::Exchange* exchange(Post const& post) { return desk_.server->find(post.exchange); }

  Desk& desk_;
  SlotTable<Post, std::uint64_t> posts_;
  IntrusiveList<Post, PendingTag> pending_;  ///< not streaming yet, oldest first
  std::vector<SessionId> over_;              ///< sessions that end with what was answered in this turn
};

}  // namespace gateway::frontend
