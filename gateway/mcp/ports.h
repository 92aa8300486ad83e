// Where client transports and supervised services meet. Neither knows more of
// the other than this.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/allowance.h"
#include "gateway/base/clock.h"
#include "gateway/base/ids.h"
#include "gateway/base/name_rules.h"
#include "gateway/mcp/call_trace.h"
#include "gateway/mcp/client_message.h"
#include "gateway/mcp/header_value.h"
#include "gateway/mcp/version.h"
#include "gateway/rpc/json_writer.h"

namespace gateway::mcp {

class Session;
class ToolList;
class MemberDoor;

/// Where the answer to one request goes: its session, and which of the
/// session's open HTTP requests asked (0 where the session's one stream carries
/// everything, as in legacy SSE).
struct ReplyTo {
  SessionId session{};
  std::uint64_t ticket = 0;
};

/// What the audit keeps of a call beside its access record.
struct Audited {
  std::string remote;
  std::string tool;       ///< as its client named it, whether or not there is one
  std::string arguments;  ///< JSON of their shape, never of their values
};

/// How a request ended. The transports choose an HTTP status by it (http_status.h),
/// metrics a label.
enum class Outcome : std::uint8_t {
  Ok,
  ToolError,       ///< a result whose isError is true
  RpcError,        ///< the child's own error
  MethodNotFound,  ///< the same, for a method that the child or the gateway does not know
  Timeout,         ///< the child did not answer in time
  ChildExited,     ///< the child ended, or answered more than we pass on
  Unavailable,     ///< no child to ask; nothing was sent to one
  Busy,            ///< refused: too much is owed or queued already
  Cancelled,       ///< the client took it back
  Invalid,         ///< not a request we can pass on
  Forbidden,       ///< refused: its principal may not do this
  MissingScope,    ///< the same, and with another token it might
  Limited,         ///< refused: a quota is used up
};

/// Why a request is not passed on, although it could be: what its client is told.
struct Refused {
  Outcome outcome = Outcome::Forbidden;
  std::string message{};
  std::string_view reason{};              ///< a constant word
  std::optional<Duration> retry_after{};  ///< when it may come again
};

/// The HTTP request that brought a message. Views, for the length of a call.
struct Via {
  std::string_view request_id;         ///< what logs and its answer call it
  TraceAround const* trace = nullptr;  ///< null where nothing is traced
  Audited const* audited = nullptr;    ///< null where no audit is kept of it
  FindHeader const* header = nullptr;  ///< null where header fields repeat nothing of it
  Refused const* refused = nullptr;    ///< null where its client may ask this
  /// Among the requests that may be in flight at once; taken over by the call. Null or empty where it needs none.
  std::vector<Allowance::Share>* places = nullptr;
  NameRules const* names = nullptr;  ///< of the list that is asked for; null where all of it may be seen
  MemberDoor* members = nullptr;     ///< at a group: the way to its members
};

/// Whose a session is, as the request says that opens it.
struct SessionOwner {
  std::string_view principal;  ///< whose token it showed; empty without authentication
  std::string_view key;        ///< the value of the service's key header; empty when absent
  std::string_view own;        ///< a digest of what its child is given of its own; empty for nothing
  Era era = Era::Sessions;     ///< of its client
  bool comes_back = false;     ///< its one request answers what it was asked during an earlier one
};

/// Why no session can be opened: Invalid when this request never can, Forbidden when its principal cannot, else for now.
struct Refusal {
  Outcome outcome = Outcome::Busy;
  std::string why;          ///< fit for a client's eyes
  bool room_helps = false;  ///< it would not be, if a session of the service ended
};

/// Why a session ended. Reload: the configuration of its service was changed.
enum class SessionEnd : std::uint8_t { Client, Idle, Evicted, Drain, Slow, Reload };

/// Where messages for clients go. Implemented by the transports. None of these calls a
/// ServicePort before it returns: a session that ends with its answer ends later in the
/// turn, so whoever answers finds its own sessions, calls and children as they were.
class ClientPort {
 public:
  /// The HTTP status of the answer to a request that is still open, should it end so:
  /// that which was sent, where the answer has begun, and else that which will be.
  /// Nothing where the client is gone without one.
  [[nodiscard]] virtual std::optional<int> status_of(ReplyTo to, Outcome outcome) = 0;
  /// The one answer to a request. Nothing more comes for it.
  virtual void answer(ReplyTo to, Outcome outcome, rpc::Reply const& reply) = 0;
  /// No answer will come: the client took the request back.
  virtual void drop(ReplyTo to) = 0;
  /// A message about a request that is still open (its progress).
  virtual void during(ReplyTo to, rpc::PiecesView message) = 0;
  /// A message for a session that belongs to none of its requests.
  virtual void notify(SessionId session, rpc::PiecesView message) = 0;
  /// A child's request for a session's client, on the stream of `related` where
  /// that is open. False when there is no stream to send it on.
  [[nodiscard]] virtual bool ask(SessionId session, std::optional<ReplyTo> related, rpc::PiecesView message) = 0;
  /// Ends the session now, with a regular end of its streams; its service hears of it, as of any end. Never called while
  /// a message of a client or of a child is being handled.
  virtual void end(SessionId session, SessionEnd why) = 0;

 protected:
  ~ClientPort() = default;
};

/// A service as the transports see it. Implemented by the backend.
class ServicePort {
 public:
  /// A session begins and ends. A session is attached before its first message.
  virtual void attach(Session& session) = 0;
  virtual void detach(Session& session, SessionEnd why) = 0;
  /// Takes back at the child all that the session waits for, as `detach` does. For who
  /// ends its requests first: how they end is recorded while they are known.
  virtual void take_back(Session& session, SessionEnd why) = 0;
  /// One message of a client. A request is answered exactly once through
  /// ClientPort, perhaps before this returns. `to` is not used for others.
  virtual void receive(Session& session, ClientMessage const& message, ReplyTo to, Via const& via) = 0;
  /// The name, in lower case, of the request header that tells owners apart; empty
  /// when none does.
  [[nodiscard]] virtual std::string_view key_header() const = 0;
  /// Why no session of this owner can be attached now; nothing when it can.
  [[nodiscard]] virtual std::optional<Refusal> refusal(SessionOwner const& owner) const = 0;
  /// What is known of it without asking. Valid for the length of a call.
  struct Offered {
    std::string_view capabilities{};  ///< raw object; empty before a child has introduced itself
    ToolList const* tools = nullptr;  ///< that a child listed last; null where none has
  };
  [[nodiscard]] virtual Offered offered() const = 0;

 protected:
  ~ServicePort() = default;
};

/// The way from a group to its members, on behalf of one request and for as long as that is being delivered.
class MemberDoor {
 public:
  /// A session at `member`, a part of the one at the group, or why there is none. It is attached.
  struct Opened {
    Session* session = nullptr;
    Refusal refusal{};
  };
  [[nodiscard]] virtual Opened open(Session const& whole, ServiceKey member, ClientMessage const& message) = 0;
  /// Delivers a message as if the client had sent it to the member: it is judged by the rules for that service. `Everything`
  /// is for lists that the group itself leaves something out of.
  enum class Sees : std::uint8_t { WhatIsAllowed, Everything };
  virtual void deliver(Session& part, ClientMessage const& message, ReplyTo to, Sees sees) = 0;
  /// What of a list of the member the client may see. Nothing where that is all of it.
  [[nodiscard]] virtual std::optional<NameRules> names(ServiceKey member, ClientMessage const& list) const = 0;
  /// Whether the policy lets the client make the request there.
  [[nodiscard]] virtual bool allows(ServiceKey member, ClientMessage const& message) const = 0;
  /// Counts a request that the member may be asked later. False where a quota is used up.
  [[nodiscard]] virtual bool charge(ServiceKey member, ClientMessage const& message) = 0;

 protected:
  ~MemberDoor() = default;
};

}  // namespace gateway::mcp
