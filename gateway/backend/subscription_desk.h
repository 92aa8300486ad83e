// The resources that a peer's sessions are subscribed to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/backend/call_book.h"
#include "gateway/backend/own_question.h"
#include "gateway/backend/peer_listen.h"
#include "gateway/mcp/subscriptions.h"

namespace gateway::backend {

/// Keeps one subscription a URI at the peer, however many sessions share it, and answers their
/// requests. URIs are raw.
class SubscriptionDesk {
 public:
  /// Who subscribes without a request of its own for each resource.
  class Listener {
   public:
    /// Its subscription was accepted by the peer, or could not be made.
    virtual void on_subscribed(SessionId session, std::string_view uri, bool accepted) = 0;

   protected:
    ~Listener() = default;
  };

  /// References outlive it.
  SubscriptionDesk(config::ServiceConfig const& config, CallBook& book, Asker& asker)
      : config_(config), book_(book), asker_(asker) {}

  /// A client's request: answered when the peer has answered ours.
  void subscribe(HeldCall&& call, std::string_view uri);
  /// The same for a listener, which is told the end, perhaps before this returns. It outlives this.
  void subscribe_listener(SessionId session, std::string_view uri, ClientId client);
  void set_listener(Listener& listener) { listener_ = &listener; }
  /// Through whom a peer of the stateless revision is asked; null: the peer is another one.
  void speak_through(PeerListen* listen) { listen_ = listen; }
  /// The peer has answered for that resource.
  void settle(std::string const& uri, mcp::Call const& asked, mcp::Outcome outcome, rpc::Reply const& reply);
  void unsubscribe(SessionId session, std::string_view uri);
  /// The session leaves this peer.
  void leave(SessionId session);
  /// Subscribes a session to what it was subscribed to at another peer.
  void adopt(SessionId session, std::vector<std::string> const& uris);
  /// A new run of the peer knows of no subscription yet.
  void ask_again();

  [[nodiscard]] std::vector<std::string> held_by(SessionId session) const { return subscriptions_.held_by(session); }
  /// The sessions to notify of a change of `uri`.
  [[nodiscard]] std::vector<SessionId> subscribers(std::string_view uri) const {
    return subscriptions_.subscribers(uri);
  }

 private:
  class Subscribe;
  class Unsubscribe;
  void ask(std::string uri, ClientId client);
  void ask_in_turn(std::string uri, ClientId client);
  void ask_to_end(std::string uri);

  config::ServiceConfig const& config_;
  CallBook& book_;
  Asker& asker_;
  Listener* listener_ = nullptr;
  PeerListen* listen_ = nullptr;
  mcp::Subscriptions subscriptions_;
};

}  // namespace gateway::backend
