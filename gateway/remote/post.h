// One message POSTed to a server of Streamable HTTP, until it is answered.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/base/turn.h"
#include "gateway/io/watch.h"
#include "gateway/remote/answer.h"
#include "gateway/remote/event_reader.h"
#include "gateway/remote/outgoing.h"
#include "gateway/remote/retry.h"
#include "gateway/remote/server.h"
#include "gateway/remote/trouble.h"
#include "gateway/rpc/message.h"

namespace gateway::remote {

/// Is never sent twice. Where the answer is an event stream that breaks off, the rest of the stream is asked for, if the
/// server gave its events ids. Owned by a transport; it ends in a callback of its own, so it is buried.
class Post final : public Mortal, private fetch::Exchange::Listener {
 public:
  struct Ending {
    enum class Kind {
      Done,          ///< answered, or taken where no answer is due
      SessionGone,   ///< not carried out
      Moved,         ///< the same; `location` says whereto
      Unauthorized,  ///< the same
      Refused,       ///< an HTTP status says so; with `raw_error` where the body is a JSON-RPC error
      Failed,
    };
    Kind kind = Kind::Done;
    Trouble trouble{};
    std::string raw_error{};
    std::string location{};
    std::string challenge{};  ///< WWW-Authenticate
  };
  class Owner {
   public:
    /// The server took it: the answer comes, if one is due.
    virtual void on_taken(Post& post, fetch::Head const& head) = 0;
    /// What came on the way: the answer too.
    virtual void on_message(Post& post, rpc::Message const& message, std::string_view raw) = 0;
    /// The last that is told.
    virtual void on_ended(Post& post, Ending ending) = 0;

   protected:
    ~Owner() = default;
  };
  /// Of the session it belongs to; both empty without one.
  struct Session {
    std::string id{};
    Server::Fields fields{};
  };

  Post(Server& server, Outgoing message, Session session, Owner& owner);
  ~Post() override = default;

  [[nodiscard]] Outgoing const& message() const { return message_; }
  [[nodiscard]] Session const& session() const { return session_; }
  /// Whether the answer came, or nobody waits for it; its stream may still be open.
  [[nodiscard]] bool is_answered() const { return answered_; }
  /// The client does not wait for its answer any more. What the server still says of it is passed on for a moment.
  void forgo_answer();
  /// The server has said that it is at work.
  void heard();
  /// Ends it, and its owner is told nothing more. For the server it is a cancellation, in the stateless revision.
  void leave();
  /// Looks at what takes too long.
  void tick(TimePoint now);

 private:
  enum class State { Waiting, Json, Events, Refusal, Broken, Over };

  void on_head(fetch::Exchange& exchange, fetch::Head const& head) override;
  void on_body(fetch::Exchange& exchange, std::string_view bytes) override;
  void on_end(fetch::Exchange& exchange, std::optional<fetch::Failure> const& failure) override;

  void begin_answer(fetch::Head const& head);
  void begin_rest(fetch::Head const& head);
  void read_events(std::string_view bytes);
  void take_all(std::string_view raw);
  void end_json();
  void end_refusal();
  void take(std::string_view raw);
  void broke_off(std::optional<fetch::Failure> const& failure);
  void try_again(std::string why);
  void ask_for_rest();
  void fail(Trouble::Kind kind, std::string what);
  void end(Ending ending);

  Server& server_;
  Outgoing message_;
  Session session_;
  Owner& owner_;
  State state_ = State::Waiting;
  bool answered_ = false;
  bool is_rest_ = false;  ///< the exchange asks for the rest of a stream
  fetch::Head head_;
  std::string body_;
  EventReader events_;
  Retry retry_;
  TimePoint heard_;  ///< the last message, or the beginning
  io::Timer again_;
  std::unique_ptr<fetch::Exchange> exchange_;
};

}  // namespace gateway::remote
