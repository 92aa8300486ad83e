// The calls of one peer, from their arrival to their end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/backend/call_recorder.h"
#include "gateway/backend/context.h"
#include "gateway/backend/era_bridge.h"
#include "gateway/backend/hang_detector.h"
#include "gateway/backend/own_question.h"
#include "gateway/backend/peer.h"
#include "gateway/backend/service_guards.h"
#include "gateway/backend/wire.h"
#include "gateway/mcp/call_table.h"
#include "gateway/mcp/fair_queue.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/params.h"
#include "gateway/mcp/router.h"
#include "gateway/mcp/session.h"
#include "gateway/rpc/rpc_error.h"

namespace gateway::backend {

class CallBook;

/// A call whose turn it is: it has just arrived, or leaves the queue. Whoever holds it has it
/// answered, sent, queued or parked by its CallBook. One that is dropped instead fails with an
/// internal error, so that no path through the code loses a call.
class HeldCall {
 public:
  HeldCall(HeldCall&& other) noexcept : book_(std::exchange(other.book_, nullptr)), call_(std::move(other.call_)) {}
  HeldCall& operator=(HeldCall&&) = delete;
  ~HeldCall() {
    if (book_ != nullptr) end_lost();
  }

  mcp::Call* operator->() { return &call_; }
  mcp::Call& operator*() { return call_; }

 private:
  friend class CallBook;
  explicit HeldCall(CallBook& book, mcp::Call&& call = {}) : book_(&book), call_(std::move(call)) {}
  void end_lost();

  CallBook* book_;  ///< null once it has been handed over
  mcp::Call call_;
};

/// Why a call is not answered by its peer. `reason` is a constant word, part of the error and a
/// metric's label.
struct Failure {
  mcp::Outcome outcome = mcp::Outcome::Unavailable;
  rpc::ErrorCode code = rpc::ErrorCode::InternalError;
  std::string message{};
  std::string_view reason{};
  std::optional<Duration> retry_after{};  ///< when it may succeed, as far as that is known
  std::string tool{};                     ///< which it is about; empty: the service
};

/// Knows where every call is: held, queued, parked or with the peer. Each leaves through one
/// function, `end`, which records it (metrics, access record, audit, spans), answers its client or
/// hands its end to the question of the gateway's own that it asked.
class CallBook {
 public:
  /// Takes calls that the peer cannot answer before their client has answered it.
  class InputTaker {
   public:
    virtual void on_input_required(HeldCall&& call, std::string_view raw_result) = 0;

   protected:
    ~InputTaker() = default;
  };

  /// References, and what `guards` points to, outlive it. `share` is the part of the peer's places that one client may
  /// hold.
  CallBook(Context const& context, config::ServiceConfig const& config, metrics::ServiceProbe& metrics,
           ServiceGuards guards, Peer& peer, Wire& wire, mcp::Sharing sharing, double share)
      : context_(context),
        config_(config),
        metrics_(metrics),
        circuits_(guards.circuits),
        pins_(guards.pins),
        peer_(peer),
        wire_(wire),
        bridge_(context, sharing),
        sent_(config.max_calls, share),
        recorder_(context, config, metrics) {}

  /// It outlives this.
  void set_input_taker(InputTaker& taker) { input_taker_ = &taker; }

  /// The peer has introduced itself: answers to stateless clients say so. Valid until the next call of this.
  void introduced(mcp::Handshake const& handshake) { bridge_.introduced(handshake); }

  [[nodiscard]] CallTracing& tracing() { return recorder_.tracing(); }

  // ── calls begin ──
  [[nodiscard]] HeldCall arrived() { return HeldCall(*this); }
  [[nodiscard]] HeldCall arrived(std::unique_ptr<OwnQuestion> question, OwnQuestion::Request const& request);

  // ── what becomes of one that is held ──
  void finish(HeldCall&& held, mcp::Outcome outcome, rpc::Reply const& reply);
  void finish_ok(HeldCall&& held, std::string_view result);
  void fail(HeldCall&& held, Failure const& failure);
  /// The same, counted as a call that was not accepted.
  void reject(HeldCall&& held, Failure const& failure);
  /// Sends it to the peer, or queues it where its client may not have one more there.
  void send(HeldCall&& held, std::string_view method, mcp::Params const& params);
  /// Sends a question of the gateway's own at once, whatever is queued.
  void send_at_once(HeldCall&& held, OwnQuestion::Request const& request);
  /// Until the peer is ready, or may be sent one more. When too many are queued, the client that
  /// has most of them, and of its sessions the one that has, gives one up for one that has less.
  void queue(HeldCall&& held, std::string_view method, std::string_view params);
  /// Until `end_parked`: its answer depends on another call.
  [[nodiscard]] mcp::ParkedId park(HeldCall&& held);

  /// Takes a parked call out again. None where it has ended.
  [[nodiscard]] std::optional<HeldCall> unpark(mcp::ParkedId id);
  [[nodiscard]] bool is_parked(mcp::ParkedId id) const { return parked_.count(id) > 0; }

  /// Whether the peer may be sent one more of this client.
  [[nodiscard]] bool admits(ClientId client) const { return sent_.admits(client); }
  void set_client_share(double share) { sent_.set_share(share); }

  struct Next {
    HeldCall call;
    std::string method;
    std::string params;
  };
  /// The queued call whose turn it is, if the peer is ready and may be sent one more.
  [[nodiscard]] std::optional<Next> next();

  // ── answers ──
  /// False when nobody waits for it.
  bool answered(CallId id, rpc::Message const& message);
  /// The answer was dropped, since it is larger than the limit.
  bool answer_too_large(CallId id);
  /// The call of which the peer reports progress, which extends its time; null when nobody wants to know.
  [[nodiscard]] mcp::Call const* progressed(CallId id);
  /// A parked call ends as the call it waited for. None where it has ended.
  void end_parked(mcp::ParkedId id, mcp::Call const& awaited, mcp::Outcome outcome, rpc::Reply const& reply);

  // ── calls whose client is asked something ──
  /// Answers the client of a call that the peer is working on, with a raw result. The call goes on; `watcher` is told
  /// its end, unless it is resumed.
  void suspend(CallId id, std::unique_ptr<OwnQuestion> watcher, std::string_view result);
  /// The client of a suspended call comes back: whoever is held is answered with the call's end.
  void resume(CallId id, HeldCall&& held);
  /// Ends a call that the peer is working on, with `reply`, and cancels it there.
  void take_back(CallId id, mcp::Outcome outcome, rpc::Reply const& reply);

  // ── circuit breakers ──
  /// How the call ends shows nothing about the server.
  void excuse(mcp::Call& call);
  /// The same of all that the peer has, or that wait for their clients.
  void excuse_all();
  /// Whether the peer waits for the session's client, and with it those of its calls that the peer has.
  void mark_client_asked(SessionId session, bool asked);

  /// The client of a call did not declare a capability (a constant, see mcp/input_request.h) that the peer asked for.
  /// Empty: it could be asked.
  void lacks(CallId id, std::string_view capability);

  // ── other ends ──
  /// The session's client takes one back. `reason` is a JSON string or empty.
  void cancel(mcp::Session& session, std::string_view request_id, std::string_view reason);
  /// The session ends: nobody is answered any more.
  void cancel_all_of(mcp::Session& session);
  /// The same, but its client is there still, and is answered.
  void fail_all_of(mcp::Session& session, Failure const& failure);
  /// What a run of the peer owed will not come.
  void fail_sent(std::string_view why);
  void fail_queued(std::string_view why);
  /// Queued questions of the gateway's own that meant this run alone.
  void fail_questions_of_run(std::string_view why);
  /// Calls whose time is over.
  void expire(TimePoint now);
  /// Takes over what a session has queued at another peer of the same service.
  void take_over_queue(SessionId session, CallBook& from);

  // ── runs of the peer ──
  void begin_run();
  /// Whether its silence says that it hangs; said once.
  [[nodiscard]] bool take_hang() { return hang_.take_verdict(); }

  // ── figures ──
  [[nodiscard]] mcp::CallTable const& sent() const { return sent_; }
  /// Whether nothing is to be done, as far as clients wait for it: some only listen.
  [[nodiscard]] bool empty() const { return sent_.size() == 0 && queue_.empty() && awaited_parked() == 0; }
  [[nodiscard]] std::size_t queued_of(SessionId session) const { return queue_.size_of(session); }
  [[nodiscard]] std::optional<mcp::Method> queued_method(SessionId session) const { return queue_.oldest_of(session); }
  /// Clients' calls that somebody waits for.
  [[nodiscard]] std::size_t owed() const;

 private:
  friend class HeldCall;
  enum class Told : std::uint8_t {
    Answer,   ///< the client gets the reply
    NoReply,  ///< it took the request back
    Nothing,  ///< it is gone
  };
  /// `reason` is that of a Failure.
  void end(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply, Told told = Told::Answer,
           std::string_view reason = {});
  void end_with_visible(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply);
  void end_bridged(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply, Told told,
                   std::string_view reason = {});
  void end_client_call(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply, Told told,
                       std::string_view reason);
  void tell_circuit(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply);
  void end_too_large(mcp::Call& call, std::size_t limit);
  void end_failed(mcp::Call const& call, Failure const& failure);
  void end_cancelled(mcp::Call const& call, Told told) { end(call, mcp::Outcome::Cancelled, {}, told); }
  [[nodiscard]] static mcp::Call release(HeldCall& held);
  void count_rejected(mcp::Call const& call, std::string_view reason);
  [[nodiscard]] std::size_t awaited_parked() const;
  [[nodiscard]] bool cancel_parked(SessionId session, std::string_view request_id);
  [[nodiscard]] std::optional<mcp::Call> close_answered(CallId id);
  void refuse_for_room(mcp::Call const& call, bool for_others);
  [[nodiscard]] std::optional<mcp::Call> abandon(CallId id, std::string_view reason);
  [[nodiscard]] std::vector<mcp::Call> take_all_of(mcp::Session& session);
  void expire_sent(TimePoint now);
  void expire_queued(TimePoint now);
  void expire_abandoned(CallId id, mcp::Call& call, TimePoint now);

  Context const& context_;
  config::ServiceConfig const& config_;
  metrics::ServiceProbe& metrics_;
  Circuits* const circuits_;
  ToolPins const* const pins_;
  Peer& peer_;
  Wire& wire_;
  EraBridge bridge_;
  mcp::CallTable sent_;
  mcp::FairQueue queue_;
  std::unordered_map<mcp::ParkedId, mcp::Call> parked_;
  std::uint64_t last_parked_ = 0;
  OwnQuestions questions_;
  CallRecorder recorder_;
  HangDetector hang_;
  InputTaker* input_taker_ = nullptr;
};

}  // namespace gateway::backend
