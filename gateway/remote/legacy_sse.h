// The transport HTTP with SSE of revision 2024-11-05.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/io/watch.h"
#include "gateway/log/log.h"
#include "gateway/remote/event_posts.h"
#include "gateway/remote/event_reader.h"
#include "gateway/remote/retry.h"
#include "gateway/remote/transport.h"

namespace gateway::remote {

/// One event stream is the session: what it says first is where to POST. When it ends, what the server took and did not
/// answer has failed, and the next stream is opened with what the client said when it opened the first.
class LegacySse final : public Transport, private EventPosts::Owner, private fetch::Exchange::Listener {
 public:
  /// `before` is what another transport was refused with; none where this is the only one.
  LegacySse(Server& server, Client& client, log::Log& log, std::optional<Trouble> before);
  ~LegacySse() override;

  void send(Outgoing message) override;
  void tick(TimePoint now) override;
  [[nodiscard]] bool is_busy() const override;
  void finish() override;
  /// It is not connected, and never was: the server may be of another kind.
  [[nodiscard]] bool has_failed() const { return before_.has_value() && state_ == State::Closed; }

 private:
  enum class State {
    Closed,
    Connecting,  ///< until the server has said where to POST
    Open,
    Announcing,    ///< notifications/initialized is on its way
    Reopening,     ///< the initialize of another session is
    Reannouncing,  ///< and its notifications/initialized
  };
  struct Owed {
    Outgoing request;
    TimePoint heard;  ///< when it was sent, or progress came
  };

  void on_head(fetch::Exchange& exchange, fetch::Head const& head) override;
  void on_body(fetch::Exchange& exchange, std::string_view bytes) override;
  void on_end(fetch::Exchange& exchange, std::optional<fetch::Failure> const& failure) override;
  void on_posted(Outgoing message, EventPosts::Result result) override;

  void connect();
  void connected(std::string_view endpoint);
  void take(std::string_view raw);
  void take_answer(rpc::Message const& message, std::string_view raw);
  void post(Outgoing message);
  void send_queued();
  void reopened(rpc::Message const& answer);
  void lost(Trouble const& trouble);
  void could_not_connect(Trouble const& trouble);
  void begin_step(State step);
  void look_at_step(TimePoint now);
  [[nodiscard]] bool take_back(std::string_view raw_id);
  [[nodiscard]] bool is_replaying() const { return state_ == State::Reopening || state_ == State::Reannouncing; }

  Server& server_;
  Client& client_;
  log::Log& log_;
  std::optional<Trouble> before_;
  State state_ = State::Closed;
  bool finished_ = false;
  Handshake handshake_;
  std::optional<fetch::WebAddress> redirected_;  ///< where the stream is, until it has said where to POST
  std::optional<fetch::WebAddress> endpoint_;
  EventReader events_;
  std::deque<Outgoing> queue_;
  std::map<std::string, Owed> owed_;  ///< by raw id
  EventPosts posts_;
  Retry retry_{0};
  io::Timer again_;
  TimePoint step_begun_;  ///< when it began to connect, or to announce or open a session
  std::string refusal_;
  fetch::Head head_;
  std::unique_ptr<fetch::Exchange> stream_;
};

}  // namespace gateway::remote
