// The transport Streamable HTTP: revisions 2025-03-26 to 2026-07-28.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/log/log.h"
#include "gateway/remote/param_fields.h"
#include "gateway/remote/post.h"
#include "gateway/remote/server_stream.h"
#include "gateway/remote/transport.h"

namespace gateway::remote {

/// Requests run side by side. What must not overtake another waits: until `initialize` is answered and until
/// `notifications/initialized` is taken. Where the server does not know the session any more, another is opened with what
/// the client said when it opened the first, and what was refused is sent again.
class Streamable final : public Transport,
                         private Post::Owner,
                         private ServerStream::Owner,
                         private fetch::Exchange::Listener {
 public:
  class Owner {
   public:
    /// The server answered its first message with a status that servers of 2024-11-05 give; `unsent` is all that it did
    /// not take, in order. The last that is told.
    virtual void on_not_streamable(Trouble trouble, std::deque<Outgoing> unsent) = 0;

   protected:
    ~Owner() = default;
  };
  /// `owner` is null where no other transport is tried.
  Streamable(Server& server, Client& client, log::Log& log, Owner* owner);
  ~Streamable() override;

  void send(Outgoing message) override;
  void tick(TimePoint now) override;
  [[nodiscard]] bool is_busy() const override;
  void finish() override;

 private:
  /// Of the session.
  enum class State {
    None,
    Opening,  ///< the client's initialize is on its way
    Open,
    Announcing,    ///< notifications/initialized is on its way
    Reopening,     ///< the initialize of another session is
    Reannouncing,  ///< and its notifications/initialized
    Lost,          ///< another could not be opened; the next message tries again
  };
  enum class Purpose { Client, Replay };
  struct Sent {
    std::unique_ptr<Post> post;
    Purpose purpose = Purpose::Client;
  };

  void on_taken(Post& post, fetch::Head const& head) override;
  void on_message(Post& post, rpc::Message const& message, std::string_view raw) override;
  void on_ended(Post& post, Post::Ending ending) override;
  void on_server_message(rpc::Message const& message, std::string_view raw) override;
  void on_stream_session_gone() override;
  void on_head(fetch::Exchange&, fetch::Head const&) override {}
  void on_body(fetch::Exchange&, std::string_view) override {}
  void on_end(fetch::Exchange&, std::optional<fetch::Failure> const&) override;

  [[nodiscard]] bool must_wait(Outgoing const& message) const;
  void post(Outgoing message, Purpose purpose);
  void send_queued();
  void hand_over(Outgoing message, Trouble trouble);
  bool take_back(std::string_view raw_id);
  bool cancel_stateless(std::string_view raw_id);
  void forgo_answer(std::string_view raw_id);
  bool take_session(Outgoing const& initialize, rpc::Message const& answer);
  void on_replayed(Outgoing const& initialize, rpc::Message const& answer);
  void end_client_post(Outgoing message, std::string const& session_id, Post::Ending const& ending);
  void end_replay(Outgoing message, Post::Ending const& ending);
  bool moved(Outgoing& message, Post::Ending const& ending, Purpose purpose);
  void session_gone(Outgoing message, std::string const& session_id, Trouble const& trouble);
  void session_taken();
  void reopen();
  void reopening_failed(Trouble const& trouble);
  [[nodiscard]] Trouble explained(Post::Ending const& ending) const;
  void report(Outgoing const& message, Post::Ending const& ending);
  [[nodiscard]] Server::Fields session_fields() const;
  [[nodiscard]] std::unique_ptr<Post> take_out(Post& post, Purpose& purpose);

  Server& server_;
  Client& client_;
  log::Log& log_;
  Owner* owner_;  ///< null once the server has taken anything
  ServerStream stream_;
  ParamFields param_fields_;
  State state_ = State::None;
  bool first_is_on_its_way_ = false;  ///< while there is an owner: what comes meanwhile waits
  Handshake handshake_;
  std::string session_id_;
  std::string new_session_id_;  ///< of an initialize that was taken and is not answered yet
  std::deque<Outgoing> queue_;
  std::map<Post*, Sent> posts_;
  std::unique_ptr<fetch::Exchange> farewell_;
};

}  // namespace gateway::remote
