// The clients that listen for changes: those of the stateless revision.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/backend/call_book.h"
#include "gateway/backend/context.h"
#include "gateway/backend/subscription_desk.h"
#include "gateway/mcp/handshake.h"
#include "gateway/mcp/listen.h"

namespace gateway::backend {

/// Each has one subscriptions/listen open, which is parked in the call book until it ends. It is
/// acknowledged once the peer has accepted its subscriptions, or soon after if the peer is slow.
class Listens final : private SubscriptionDesk::Listener {
 public:
  /// References outlive it.
  Listens(Context const& context, CallBook& book, SubscriptionDesk& subscriptions);

  /// A client's request, whose peer is ready. `session` has no other request.
  void begin(HeldCall&& call, std::string_view raw_params, mcp::Handshake const& handshake);
  /// A change of a list. Gives whether the session listens for it.
  bool tell_list_changed(SessionId session, mcp::Method method);
  /// A change of a resource that the session is subscribed to.
  void tell_updated(SessionId session, std::string_view raw_params);

  /// The session has left; the book ends its call.
  void forget(SessionId session) { open_.erase(session); }
  /// Ends the request of a session that listens with a regular result.
  void complete(SessionId session);
  void complete_all();

  /// Acknowledges what has waited too long for the peer.
  void tick(TimePoint now);

 private:
  struct Listen {
    mcp::ParkedId call{};
    mcp::ReplyTo to;
    std::string id;  ///< raw, of the request
    mcp::ListenFilter honoured;
    std::size_t unconfirmed = 0;  ///< subscriptions that the peer has not answered yet
    bool acknowledged = false;
    TimePoint since;
  };
  void on_subscribed(SessionId session, std::string_view uri, bool accepted) override;
  void acknowledge(SessionId session, Listen& listen);

  Context const& context_;
  CallBook& book_;
  SubscriptionDesk& subscriptions_;
  std::unordered_map<SessionId, Listen> open_;
};

}  // namespace gateway::backend
