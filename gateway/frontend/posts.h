// POSTs that are owed answers, and how they are answered: by one JSON body, or by an
// event stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/intrusive_list.h"
#include "gateway/base/slot_table.h"
#include "gateway/base/turn.h"
#include "gateway/frontend/client_streams.h"
#include "gateway/frontend/session_desk.h"
#include "gateway/frontend/visit.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::frontend {

struct PendingTag;

/// What the rules of a protocol revision decide about one POST.
struct PostTerms {
  SessionId session{};    ///< that its messages belong to, or that was opened for it alone
  http::StreamTag tag{};  ///< of its stream
  Accepts accepted;
  std::size_t owed = 1;  ///< answers
  bool batch = false;
  /// The head of the response waits for the answer, which adds fields to it: until then
  /// the response cannot become a stream.
  bool head_waits = false;
  bool resumable = false;     ///< events are numbered and kept for a client that comes back
  bool primed = false;        ///< the stream begins with a priming event
  bool ends_session = false;  ///< the session ends once everything is answered
};

/// One POST that is owed answers. It outlives its client's connection where the
/// client can come back for the rest of the stream.
struct Post : ListHook<PendingTag> {
  PostTerms terms;
  std::uint64_t ticket = 0;
  ExchangeId exchange{};             ///< 0 when the client is gone
  bool streaming = false;            ///< the response has become an event stream
  std::uint64_t stream = 0;          ///< that stream's number within the session
  std::uint64_t events = 0;          ///< sent on it
  std::vector<std::string> batched;  ///< answers of a batch, gathered
  std::string fields;                ///< CORS lines of every answer, and what the rules added
  TimePoint since;
};

/// Answers a POST with one JSON body where there is nothing else to send, and makes the
/// response an event stream as soon as something else comes first. Does not know which
/// revisions there are: what differs between them is in the PostTerms, and HTTP statuses
/// are passed in. Shared by the rules of all revisions, so that a ticket identifies a
/// POST whatever rules it came under.
class Posts : private Deferred {
 public:
  explicit Posts(Desk& desk) : desk_(desk) {}
  ~Posts() override { desk_.turn.forget(*this); }

  /// Valid until the POST is answered, dropped or forgotten.
  Post& open(Visit const& visit, PostTerms const& terms);
  [[nodiscard]] Post* find(std::uint64_t ticket) { return posts_.find(ticket); }

  /// The HTTP status of the response to a POST that is still open, should its answer
  /// come now: `whole` for a JSON body. Nothing where the client is gone without one.
  [[nodiscard]] std::optional<int> status_of(std::uint64_t ticket, int whole);
  /// One of the answers, with `status` where it is the whole response. The POST is gone
  /// afterwards if it was the last one.
  void answer(Post& post, int status, rpc::Reply const& reply);
  /// One of the answers will not come. As for `answer`.
  void drop(Post& post);
  /// A message before the answer. False when the client accepts no stream, or is gone
  /// before it had one.
  bool send(Post& post, rpc::PiecesView message);

  /// Continues a POST's stream after `last` on the visit's exchange, also when the
  /// former connection still seems alive: the client knows better. False when
  /// nothing is known of the stream.
  [[nodiscard]] bool resume(Visit const& visit, SessionId session, http::StreamTag tag, EventId last);

  /// The client of `exchange` has disconnected; the POST, if it was waiting there.
  Post* lose(std::uint64_t ticket, ExchangeId exchange);
  /// Removes a POST that nobody can be answered for.
  void forget(std::uint64_t ticket);
  /// None of the session's POSTs will be answered.
  void drop_all_of(SessionId session);

  /// Responses that take long become streams, so that something can be sent to keep the
  /// connection open. Once a second.
  void tick();

 private:
  [[nodiscard]] bool become_stream(Post& post);
  void send_event(Post& post, rpc::PiecesView message);
  void answer_whole(Post& post, int status, rpc::PiecesView body, std::size_t retry_after = 1);
  void answer_batch(Post& post);
  void settle(Post& post);
  void run_deferred() override;
  [[nodiscard]] http::Exchange* exchange(Post const& post) { return desk_.server->find(post.exchange); }

  Desk& desk_;
  SlotTable<Post, std::uint64_t> posts_;
  IntrusiveList<Post, PendingTag> pending_;  ///< not streaming yet, oldest first
  std::vector<SessionId> over_;              ///< sessions that end with what was answered in this turn
};

/// Checks Content-Type and Accept, which every revision requires. Nothing when the
/// request was rejected.
[[nodiscard]] std::optional<Accepts> accepted_by(Visit const& visit);

}  // namespace gateway::frontend
