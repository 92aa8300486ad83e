// Many client sessions on one child: every message finds its own way back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/backend/audience.h"
#include "gateway/backend/call_recorder.h"
#include "gateway/backend/deep_probe.h"
#include "gateway/backend/greeting.h"
#include "gateway/backend/log_level_sync.h"
#include "gateway/backend/operation.h"
#include "gateway/backend/own_question.h"
#include "gateway/backend/peer.h"
#include "gateway/backend/subscription_questions.h"
#include "gateway/backend/surroundings.h"
#include "gateway/backend/tool_listing.h"
#include "gateway/backend/wire.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/client_requests.h"
#include "gateway/mcp/fair_queue.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/params.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/router.h"
#include "gateway/mcp/session.h"
#include "gateway/mcp/subscriptions.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::backend {

/// Speaks MCP with one child for the sessions attached to it: all of a service's
/// (Shared) or one (Exclusive). The rules are mcp::route_*; this performs them.
/// Owned by its Service; an exclusive one ends with its session.
class Multiplexer final : public Mortal,
                          private Peer::Owner,
                          private Asker,
                          private Greeting::Owner,
                          private Subscribe::Owner {
 public:
  class Owner {
   public:
    /// A run of its child has ended unasked. Its sessions may be moved to another.
    virtual void on_multiplexer_down(Multiplexer& multiplexer) = 0;
    /// It was stopped, and its child is gone. Its owner buries it.
    virtual void on_multiplexer_stopped(Multiplexer& multiplexer) = 0;

   protected:
    ~Owner() = default;
  };

  Multiplexer(Surroundings around, mcp::Sharing sharing, config::ServiceConfig const& config,
              metrics::ServiceProbe& probe, Owner& owner);
  ~Multiplexer() override;

  void start() { peer_->start(); }
  /// Starts it again where it was stopped because nobody used it.
  void wake() { peer_->wake(); }
  void stop();

  void attach(mcp::Session& session);
  void detach(mcp::Session& session);
  void take_back(mcp::Session& session);
  /// Whether the session can be taken over: all it has open waits here and was never sent.
  [[nodiscard]] bool can_part_with(mcp::Session const& session) const {
    return waiting_.size_of(session.id) == session.open.size();
  }
  /// Takes a session over from another child of the same service, which is not
  /// ready and can part with it: what it has waiting there and is subscribed to comes along.
  void take_over(mcp::Session& session, Multiplexer& from);
  void receive(mcp::Session& session, rpc::Message const& message, mcp::ReplyTo to, mcp::Via const& via);

  /// Another run of its child at once, where it is to run at all. `reason` is a label
  /// of the restart metric. False when there is none to begin.
  bool restart(std::string_view reason);
  /// A call of the gateway's own.
  void call_tool(CallTool const& wanted, TellEnd tell);

  /// Looks at what has waited too long. A few times a second.
  void tick();
  /// Counts the CPU its child has used since this was called last.
  void count_cpu() { peer_->count_cpu(); }

  /// Calls `action` for each session; it may detach that session.
  template <typename F>
  void for_each_session(F&& action) {
    audience_.for_each(std::forward<F>(action));
  }

  void set_id(ChildId id) { id_ = id; }
  [[nodiscard]] ChildId id() const { return id_; }
  [[nodiscard]] Peer const& peer() const { return *peer_; }
  [[nodiscard]] mcp::Handshake const* handshake() const { return handshake_ ? &*handshake_ : nullptr; }
  [[nodiscard]] mcp::ToolList const* tools() const { return tools_.list(); }
  [[nodiscard]] bool offers_tools() const { return handshake_ && handshake_->has_tools(); }
  [[nodiscard]] DeepProbe const* deep_probe() const { return deep_probe_ ? &*deep_probe_ : nullptr; }
  /// Why it is degraded although its child is ready; empty when it is well.
  [[nodiscard]] std::string ailment() const;
  /// Clients' calls that somebody waits for.
  [[nodiscard]] std::size_t calls_owed() const;
  [[nodiscard]] std::size_t sessions() const { return audience_.size(); }
  /// When its last session left. Only while it has none.
  [[nodiscard]] TimePoint unused_since() const { return audience_.unused_since(); }

 private:
  void let_go(mcp::Session& session);

  // ── from clients ──
  void on_request(mcp::Session& session, rpc::Message const& message, mcp::ReplyTo to, mcp::Via const& via);
  void on_note(mcp::Session& session, rpc::Message const& message);
  void on_client_answer(mcp::Session& session, rpc::Message const& message);
  void initialize(mcp::Session& session, mcp::Call&& call, std::string_view params);
  void answer_initialize(mcp::Session& session, mcp::Call const& call, std::string_view params);
  void set_log_level(mcp::Session& session, mcp::Call const& call, mcp::Params const& params);
  void subscribe(mcp::Call&& call, mcp::Params const& params);
  void unsubscribe(mcp::Session& session, mcp::Call const& call, mcp::Params const& params);
  void list_tools(mcp::Call&& call, std::string_view method, mcp::Params const& params);
  void forward(mcp::Call&& call, std::string_view method, mcp::Params const& params);
  void cancel(mcp::Session& session, mcp::Params const& params);
  void begin_child_for(mcp::Session& session, rpc::Message const& message);

  // ── to the child ──
  void wait(mcp::Call&& call, std::string_view method, std::string_view params);
  /// Why a call that would have to wait is refused.
  enum class Cause : std::uint8_t {
    QueueFull,    ///< as many wait as may
    ClientShare,  ///< its client has enough here: it stands back behind others, or behind those who may come
  };
  void refuse(mcp::Call const& call, Cause cause);
  void send_call(mcp::Call&& call, std::string_view method, mcp::Params const& params);
  void ask_to_subscribe(std::string uri, ClientId client);
  void count_rejected(mcp::Call const& call, std::string_view reason);
  void send_initialized();

  // ── from the child ──
  void on_peer_started() override;
  void on_peer_message(rpc::Message const& message) override;
  void on_peer_oversized(std::string_view front, std::string_view back) override;
  void on_peer_down(RunEnd end, std::string_view why) override;
  void on_peer_stopped() override;
  void on_answer(rpc::Message const& message);
  void on_ask(rpc::Message const& message, mcp::Method method);
  void on_news(rpc::Message const& message, mcp::Method method);
  void on_progress(rpc::Message const& message);
  void on_updated(rpc::Message const& message);

  // ── questions of the gateway's own ──
  void ask(std::unique_ptr<OwnQuestion> question) override;
  void ask_in_turn(std::unique_ptr<OwnQuestion> question) override;
  [[nodiscard]] mcp::Call call_of(std::unique_ptr<OwnQuestion> question, OwnQuestion::Request const& request);
  void send_own(mcp::Call&& call, OwnQuestion::Request const& request);
  void on_greeted(mcp::Handshake handshake) override;
  void on_greeting_failed(std::string_view why) override;
  void on_subscribed(std::string const& uri, mcp::Call const& call, mcp::Outcome outcome,
                     rpc::Reply const& reply) override;
  void probe_when_due(TimePoint now);

  // ── with nothing to do ──
  [[nodiscard]] bool has_nothing_to_do() const;
  void sleep_when_unused(TimePoint now);
  void recycle_when_due(TimePoint now);

  // ── ends ──
  void finish(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply);
  void finish_ok(mcp::Call const& call, std::string_view result);
  void fail(mcp::Call const& call, mcp::Outcome outcome, rpc::ErrorCode code, std::string_view message,
            std::string_view reason);
  [[nodiscard]] std::optional<mcp::Call> abandon(CallId id, std::string_view reason);
  void expire_calls(TimePoint now);
  void count_timeout(mcp::Call const& call);
  void end_if_hung();
  void expire_waiting(TimePoint now);
  void expire_client_requests(TimePoint now);
  void give_up_client_request(mcp::ClientRequest const& request, std::string_view why);
  void serve_waiting();
  void serve(mcp::WaitingCall next);
  void fail_owed(std::string_view why);
  void fail_waiting(std::string_view why);

  Surroundings around_;
  mcp::Sharing sharing_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& probe_;
  Owner& owner_;

  mcp::CallTable calls_;
  CallRecorder recorder_;
  Audience audience_;
  std::unique_ptr<Peer> peer_;
  Wire wire_;
  mcp::FairQueue waiting_;  ///< what came before the child could take it
  mcp::Subscriptions subscriptions_;
  mcp::ClientRequests client_requests_;
  std::optional<mcp::Handshake> handshake_;
  OwnQuestions questions_;
  ToolListing tools_;
  LogLevelSync log_level_;
  std::optional<DeepProbe> deep_probe_;
  ChildId id_{};
  SessionId sole_{};                 ///< the one session of an exclusive child
  std::string init_params_;          ///< of this child's handshake
  bool initialized_sent_ = false;    ///< to this run of the child
  bool lists_may_differ_ = false;    ///< sessions know those of a run before this one
  TimePoint weighed_;                ///< when the child's memory was looked at
  bool client_initialized_ = false;  ///< an exclusive child's client said so
  int silent_timeouts_ = 0;          ///< in a row, each without a sound from the child
};

}  // namespace gateway::backend
