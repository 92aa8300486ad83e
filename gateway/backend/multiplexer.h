// Many client sessions on one child: every message finds its own way back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/backend/audience.h"
#include "gateway/backend/call_book.h"
#include "gateway/backend/client_relay.h"
#include "gateway/backend/context.h"
#include "gateway/backend/deep_probe.h"
#include "gateway/backend/input_rounds.h"
#include "gateway/backend/introduction.h"
#include "gateway/backend/listens.h"
#include "gateway/backend/log_level_sync.h"
#include "gateway/backend/operation.h"
#include "gateway/backend/own_question.h"
#include "gateway/backend/peer.h"
#include "gateway/backend/peer_listen.h"
#include "gateway/backend/round_trips.h"
#include "gateway/backend/service_guards.h"
#include "gateway/backend/subscription_desk.h"
#include "gateway/backend/tool_listing.h"
#include "gateway/backend/upkeep.h"
#include "gateway/backend/wire.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/params.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/router.h"
#include "gateway/mcp/session.h"

namespace gateway::backend {

/// Speaks MCP with one child for the sessions attached to it: all of a service's
/// (Shared) or one (Exclusive). The rules are mcp::route_*; this performs them.
/// Owned by its Service; an exclusive one ends with its session.
class Multiplexer final : public Mortal,
                          private Peer::Owner,
                          private Asker,
                          private Introduction::Owner,
                          private PeerListen::Owner,
                          private InputRounds::Owner,
                          private Audience::Neighbourhood {
 public:
  class Owner {
   public:
    /// A run of its child has introduced itself: what waits for it is sent to it after this.
    virtual void on_multiplexer_ready(Multiplexer& multiplexer) = 0;
    /// A run of its child has ended unasked. Its sessions may be moved to another.
    virtual void on_multiplexer_down(Multiplexer& multiplexer) = 0;
    /// A list of its child has changed.
    virtual void on_list_changed(Multiplexer const& multiplexer, mcp::Method method) = 0;
    /// It was stopped, and its child is gone. Its owner buries it.
    virtual void on_multiplexer_stopped(Multiplexer& multiplexer) = 0;

   protected:
    ~Owner() = default;
  };

  /// `own` are variables of its child alone, "NAME=value". `guards` are the service's.
  Multiplexer(Context const& context, std::vector<std::string> const& own, mcp::Sharing sharing,
              config::ServiceConfig const& config, metrics::ServiceProbe& metrics, ServiceGuards guards,
              EraMemory& eras, Owner& owner);
  ~Multiplexer() override;

  void start() { peer_->start(); }
  /// Starts it again where it was stopped because nobody used it.
  void wake() { peer_->wake(); }
  void stop();

  void attach(mcp::Session& session);
  void detach(mcp::Session& session, mcp::SessionEnd why);
  /// Ends all it waits for: cancelled, or, where the gateway ends the session, with a regular end of what it listens to.
  void take_back(mcp::Session& session, mcp::SessionEnd why);
  /// Whether the session can be taken over: all it has open waits here and was never sent.
  [[nodiscard]] bool can_part_with(mcp::Session const& session) const {
    return book_.queued_of(session.id) == session.open.size();
  }
  /// The method of the session's oldest call that was not sent yet; nothing where there is none.
  [[nodiscard]] std::optional<mcp::Method> waits_with(SessionId session) const { return book_.queued_method(session); }
  /// Takes a session over from another child of the service, perhaps of another edition, which can part with it: what it has waiting there and
  /// is subscribed to comes along.
  void take_over(mcp::Session& session, Multiplexer& from);
  void receive(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);

  /// Tells those that listen for changes that this is over, with a regular end.
  void complete_listens() { listens_.complete_all(); }
  /// A list of another child of the same owner has changed.
  void tell_listeners(mcp::Method method) { audience_.tell_listeners(method); }
  /// Another run of its child at once, where it is to run at all. `reason` is a label
  /// of the restart metric. False when there is none to begin.
  bool restart(std::string_view reason) { return peer_->restart(reason); }
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
  /// Lists its tools anew, if it is there: other tools are pinned now.
  void list_tools_again() {
    if (peer_->state() == PeerState::Ready && initialized_sent_ && offers_tools()) tools_.start();
  }
  [[nodiscard]] bool offers_tools() const { return handshake_ && handshake_->has_tools(); }
  [[nodiscard]] DeepProbe const* deep_probe() const { return upkeep_.deep_probe(); }
  /// Why it is degraded although its child is ready; empty when it is well.
  [[nodiscard]] std::string ailment() const;
  /// Whether a client is expected back for a call of its that goes on here.
  [[nodiscard]] bool is_awaited() const { return round_trips_.any(); }
  /// Whether its peer speaks the stateless revision, as far as is known.
  [[nodiscard]] bool is_stateless() const { return era() == mcp::Era::Stateless; }
  /// Whether its peer works on no client's call, as far as is known: whatever it says now is about none.
  [[nodiscard]] bool is_clear() const {
    return book_.owed() == 0 && book_.sent().only_of(SessionId{}, context_.loop.now());
  }
  /// Clients' calls that somebody waits for.
  [[nodiscard]] std::size_t calls_owed() const { return book_.owed(); }
  /// Those that go on while their client is away to answer something.
  [[nodiscard]] std::size_t calls_suspended() const { return round_trips_.suspended(); }
  [[nodiscard]] std::size_t sessions() const { return audience_.size(); }
  /// When its last session left. Only while it has none.
  [[nodiscard]] TimePoint unused_since() const { return audience_.unused_since(); }

 private:
  void let_go(mcp::Session& session);
  /// A child of the stateless revision serves whoever asks, and is told who that is: nothing that it is sent or says
  /// belongs to one session alone, even where it has but one.
  [[nodiscard]] mcp::Era era() const { return handshake_ ? handshake_->era() : mcp::Era::Sessions; }
  [[nodiscard]] mcp::Sharing shared_as() const { return is_stateless() ? mcp::Sharing::Shared : sharing_; }

  // ── from clients ──
  [[nodiscard]] HeldCall arrived(mcp::Session const& session, mcp::ClientMessage const& message, mcp::ReplyTo to,
                                 mcp::Via const& via);
  void on_request(mcp::Session& session, mcp::ClientMessage const& message, mcp::ReplyTo to, mcp::Via const& via);
  void on_note(mcp::Session& session, mcp::ClientMessage const& message);
  void introduce(mcp::Session& session, HeldCall&& call, std::string_view params);
  void answer_from_handshake(mcp::Session& session, HeldCall&& call, std::string_view params);
  void set_log_level(mcp::Session& session, HeldCall&& call, mcp::Params const& params);
  void subscribe(HeldCall&& call, mcp::Params const& params);
  void unsubscribe(mcp::Session& session, HeldCall&& call, mcp::Params const& params);
  void listen(HeldCall&& call, mcp::Params const& params);
  void list_tools(HeldCall&& call, std::string_view method, mcp::Params const& params);
  void begin_peer_for(mcp::Session& session, mcp::ClientMessage const& message);

  // ── to the peer ──
  void forward(HeldCall&& call, std::string_view method, mcp::Params const& params);
  void send(HeldCall&& call, std::string_view method, mcp::Params const& params);
  [[nodiscard]] std::optional<Failure> rejection(mcp::Session const& session, mcp::Call& call,
                                                 mcp::Params const& params);
  [[nodiscard]] std::optional<Failure> unpinned(mcp::Call const& call, mcp::Params const& params) const;
  [[nodiscard]] bool is_hidden_if_unpinned(mcp::Call const& call) const;
  void hold_for_tools(HeldCall&& call, std::string_view method, mcp::Params const& params);
  void send_held_for_tools();
  [[nodiscard]] std::optional<Failure> circuit_rejection(mcp::Session const& session, mcp::Call& call);
  [[nodiscard]] std::optional<std::string> header_mismatch(mcp::Call const& call, mcp::Params const& params,
                                                           mcp::Via const& via) const;
  [[nodiscard]] std::optional<Failure> oversized(mcp::Call const& call, mcp::Params const& params) const;
  [[nodiscard]] bool takes_up(mcp::Session const& session) const;
  void serve_queued();
  void serve(CallBook::Next next);
  [[nodiscard]] Failure not_running() const;
  void send_initialized();

  void send_again(HeldCall&& call, std::string_view method, std::string_view params) override {
    forward(std::move(call), method, mcp::read_params(params));
  }

  void on_list_changed(mcp::Method method) override { owner_.on_list_changed(*this, method); }

  // ── from the peer ──
  void on_peer_started() override;
  void on_peer_message(rpc::Message const& message) override;
  void on_peer_oversized(std::string_view front, std::string_view back) override;
  void on_peer_down(RunEnd end, std::string_view why) override;
  void on_peer_stopped() override;
  void on_answer(rpc::Message const& message);
  void on_ask(rpc::Message const& message);
  void on_listened(rpc::Message const& message, mcp::Method method);
  void on_news(rpc::Message const& message, mcp::Method method);
  void on_progress(rpc::Message const& message);
  void relay_news(rpc::Message const& message, mcp::Method method);

  // ── questions of the gateway's own ──
  void ask(std::unique_ptr<OwnQuestion> question) override;
  void ask_in_turn(std::unique_ptr<OwnQuestion> question) override;
  void on_greeted(mcp::Handshake handshake) override;
  void on_greeting_failed(std::string_view why) override;
  void on_listening(std::string const& uri, mcp::Outcome outcome, rpc::Reply const& reply) override;
  void on_listening_again() override;

  std::optional<log::Redaction> own_redaction_;  ///< where its child has secrets of its own
  Context context_;
  mcp::Sharing sharing_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  Circuits* const circuits_;
  ToolPins* const pins_;
  bool const is_guarded_;  ///< by its configuration, which may reject calls
  Owner& owner_;

  /// A call that came before it was known whether its tool is as pinned.
  struct HeldForTools {
    mcp::ParkedId call;
    TimePoint deadline;
    std::string method;
    std::string params;
  };

  std::unique_ptr<Peer> peer_;
  Wire wire_;
  CallBook book_;
  SubscriptionDesk subscriptions_;
  Listens listens_;
  Audience audience_;
  ToolListing tools_;
  LogLevelSync log_level_;
  ClientRelay relay_;
  Introduction introduction_;
  PeerListen peer_listen_;
  InputRounds input_rounds_;
  RoundTrips round_trips_;
  Upkeep upkeep_;
  std::vector<HeldForTools> held_for_tools_;
  std::optional<mcp::Handshake> handshake_;
  ChildId id_{};
  std::string init_params_;          ///< of this peer's handshake
  bool initialized_sent_ = false;    ///< to this run of the peer
  bool client_initialized_ = false;  ///< an exclusive peer's client said so
  bool lists_may_differ_ = false;    ///< sessions know those of a run before this one
};

}  // namespace gateway::backend
