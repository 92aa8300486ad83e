// The calls one child still owes an answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/request_id.h"
#include "gateway/mcp/call_trace.h"
#include "gateway/mcp/client_shares.h"
#include "gateway/mcp/lingering.h"
#include "gateway/mcp/method.h"
#include "gateway/mcp/ports.h"
#include "gateway/mcp/version.h"

namespace gateway::mcp {

/// One request of the gateway's own. 0 stands for none: the request is a client's.
enum class QuestionId : std::uint64_t {};
/// A client's call that is parked: its answer depends on another call.
enum class ParkedId : std::uint64_t {};

/// Of a circuit breaker that let a call through, and is told its end. 0 stands for none.
enum class CircuitPermit : std::uint32_t {};

/// A request as its client sent it, kept where it may have to be sent again.
struct Again {
  std::string method;
  std::string params;   ///< raw
  unsigned rounds = 0;  ///< how often its server asked for input
};

/// What is kept of a stateless client's call besides.
struct OfStateless {
  std::string uri;  ///< raw, of the resource that is read
  /// A constant: the capability that its client did not declare and the child asked for last, without a sign of life of
  /// the call since. An error that follows is taken to be about that.
  std::string_view lacking{};
};

/// What the policy and quotas leave with a call until it ends.
struct Granted {
  std::optional<NameRules> names{};        ///< what its client may see of the list; none where it is all
  std::vector<Allowance::Share> places{};  ///< among the calls that may be in flight at once
};

/// One request the child has and has not answered.
struct Call {
  QuestionId question{};  ///< which of the gateway's own questions it asks; 0: it is a client's
  Method method = Method::Other;
  CircuitPermit permit{};  ///< 0: no circuit breaker asks how it ends
  ReplyTo to;
  ClientId client{};                       ///< in whose share it is; 0 for the gateway's own
  std::string client_id;                   ///< the client's raw id, given back byte for byte
  RequestId request_id;                    ///< of the HTTP request that brought it
  std::unique_ptr<CallTrace> trace;        ///< null where it belongs to none, as nearly always
  std::unique_ptr<Audited> audited;        ///< null where no audit is kept of it
  std::unique_ptr<Granted> granted;        ///< null where nothing limits its client
  std::unique_ptr<Again> again;            ///< null where it is never sent twice, as nearly always
  std::string progress_token;              ///< the client's raw token; empty when it asked for no progress
  std::string subject;                     ///< the tool's name for the log
  std::unique_ptr<OfStateless> stateless;  ///< null where its client has a session
  std::size_t bytes_in = 0;
  std::size_t max_result = 0;  ///< bytes; 0: no limit of its own
  TimePoint started;
  TimePoint queued;           ///< when it began to wait for its turn or its child; zero when it did not wait
  TimePoint sent;             ///< when it was written for the child; zero until then
  Duration patience{};        ///< how long it may stay silent; progress begins it anew
  TimePoint deadline;         ///< when its patience ends
  TimePoint hard_deadline;    ///< when it ends whatever progress it made
  bool abandoned = false;     ///< nobody waits for it any more; a late answer finds nobody
  bool suspended = false;     ///< a client's, while that is away to answer the child: `question` is told its end
  bool client_asked = false;  ///< its child waits for an answer of its client, and may be silent for as long
  bool written_off = false;   ///< it no longer counts against what its child may owe

  /// Of its client.
  [[nodiscard]] Era era() const { return stateless == nullptr ? Era::Sessions : Era::Stateless; }
  /// Asked by the gateway itself, not by a client.
  [[nodiscard]] bool is_own() const { return question != QuestionId{}; }
  /// Of a client, whether or not that is away.
  [[nodiscard]] bool is_of_client() const { return !is_own() || suspended; }
};

/// Whom it concerns what a child says of a call: a session, or, where each request has one of its own, a client.
struct Concerned {
  SessionId session{};
  ClientId client{};

  [[nodiscard]] static Concerned by(Call const& call) {
    auto const stateless = call.era() == Era::Stateless || call.suspended;
    return stateless ? Concerned{.client = call.client} : Concerned{.session = call.to.session};
  }
  friend bool operator==(Concerned const&, Concerned const&) = default;
};

/// Ids are ours and never reused, so two clients that both say "id":1 cannot
/// receive each other's result, and a late answer finds nobody rather than
/// somebody else. Costs of every operation are constant.
class CallTable {
 public:
  /// `share` is the part of the places that one client may hold of those the others
  /// leave.
  explicit CallTable(std::size_t limit, double share = 1) : shares_(limit, share), slots_(kInitialSlots) {}

  /// Whether the child owes as much as it may. Clients' calls wait then; the
  /// gateway's own, which are few, do not.
  /// As ClientShares has it.
  void set_share(double share) { shares_.set_share(share); }
  [[nodiscard]] bool full() const { return shares_.full(); }
  /// Whether it may owe one more to this client.
  [[nodiscard]] bool admits(ClientId client) const { return shares_.admits(client); }

  CallId open(Call&& call);

  [[nodiscard]] Call* find(CallId id);
  [[nodiscard]] Call const* find(CallId id) const {
    auto const& found = slots_[raw(id) & (slots_.size() - 1)];
    return id != CallId{} && found.id == id ? &found.call : nullptr;
  }

  /// Nobody waits for the call any more: gives it out. What a late answer is known by
  /// stays under the id, `abandoned`, with that deadline, in its client's share. Empty as
  /// `close`.
  [[nodiscard]] std::optional<Call> abandon(CallId id, TimePoint deadline);

  /// Its client is answered that it is asked something, and may come back: gives the call out. What stays under the id,
  /// `suspended`, in its client's share, has no deadline. Only for one that is there.
  [[nodiscard]] std::optional<Call> suspend(CallId id, QuestionId watcher);
  /// The client comes back with `call`, which takes the place of what stayed. Gives the watcher; none, and `call` as it
  /// was, where none is suspended under the id.
  QuestionId resume(CallId id, Call& call);

  /// Keeps the call, whose answer may still come, but no longer counts it.
  void write_off(Call& call) {
    if (!std::exchange(call.written_off, true)) shares_.give_back(call.client);
  }

  /// Takes a call out. Empty when the id is unknown or already answered.
  [[nodiscard]] std::optional<Call> close(CallId id);

  /// The same of a call that was not answered. The child may still be at it, until that time.
  [[nodiscard]] std::optional<Call> drop(CallId id, TimePoint until);

  /// A call that was closed was answered. The child may still speak of it, until that time.
  void answered(Call const& call, TimePoint until) {
    answered_.add(Concerned::by(call), until);
    answered_clients_.add(call.client, until);
  }

  /// The child was started anew, and knows nothing of earlier calls.
  void begin_run() {
    dropped_ = {};
    answered_ = {};
    answered_clients_ = {};
  }

  /// Whether no other session's call was left without an answer in this run of the
  /// child, whether or not it is still in the table, as long as it may be at it.
  [[nodiscard]] bool only_of(SessionId session, TimePoint now) const;

  /// The same of calls that have left the table.
  [[nodiscard]] bool dropped_only_of(SessionId session, TimePoint now) const { return dropped_.only_of(session, now); }

  /// Whether the child can speak of no other's call that it has answered.
  [[nodiscard]] bool answered_only_of(Concerned const& concerned, TimePoint now) const {
    return answered_.only_of(concerned, now);
  }
  /// The same of other clients: one client's sessions may hear of each other's calls.
  [[nodiscard]] bool answered_only_of(ClientId client, TimePoint now) const {
    return answered_clients_.only_of(client, now);
  }

  /// Calls `action(CallId, Call&)` for each call; it must not open or close one.
  template <typename F>
  void for_each(F&& action) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].id != CallId{}) action(slots_[i].id, slots_[i].call);
    }
  }

  template <typename F>
  void for_each(F&& action) const {
    for (auto const& slot : slots_) {
      if (slot.id != CallId{}) action(slot.id, slot.call);
    }
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kInitialSlots = 16;
  struct Slot {
    CallId id{};
    Call call;
  };
  [[nodiscard]] Slot& slot(CallId id) { return slots_[raw(id) & (slots_.size() - 1)]; }
  void grow();

  ClientShares shares_;
  Lingering<SessionId> dropped_;
  Lingering<Concerned> answered_;
  Lingering<ClientId> answered_clients_;
  std::size_t size_ = 0;
  std::uint64_t next_ = 1;
  std::vector<Slot> slots_;  ///< a power of two; a call stands at its id's low bits
};

}  // namespace gateway::mcp
