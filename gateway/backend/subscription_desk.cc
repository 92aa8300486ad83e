#include "gateway/backend/subscription_desk.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace gateway::backend {

/// resources/subscribe. Clients wait for its answer, as long as for any call of theirs.
class SubscriptionDesk::Subscribe final : public OwnQuestion {
 public:
  Subscribe(SubscriptionDesk& desk, std::string uri, ClientId client)
      : desk_(desk), uri_(std::move(uri)), client_(client) {}

  [[nodiscard]] Request request() const override {
    return {.method = "resources/subscribe",
            .params = fmt::format(R"({{"uri":{}}})", uri_),
            .patience = desk_.config_.call_timeout,
            .client = client_};
  }
  void ended(mcp::Call const& call, mcp::Outcome outcome, rpc::Reply const& reply) override {
    desk_.settle(uri_, call, outcome, reply);
  }

 private:
  SubscriptionDesk& desk_;
  std::string uri_;
  ClientId client_;  ///< for whom it is asked, if it is for one
};

/// resources/unsubscribe. Nobody waits for its answer.
class SubscriptionDesk::Unsubscribe final : public OwnQuestion {
 public:
  explicit Unsubscribe(std::string uri) : uri_(std::move(uri)) {}

  [[nodiscard]] Request request() const override {
    return {.method = "resources/unsubscribe", .params = fmt::format(R"({{"uri":{}}})", uri_)};
  }
  void ended(mcp::Call const&, mcp::Outcome, rpc::Reply const&) override {}

 private:
  std::string uri_;
};

void SubscriptionDesk::ask(std::string uri, ClientId client) {
  if (listen_ != nullptr) return listen_->add(std::move(uri));
  asker_.ask(std::make_unique<Subscribe>(*this, std::move(uri), client));
}

void SubscriptionDesk::ask_in_turn(std::string uri, ClientId client) {
  if (listen_ != nullptr) return listen_->add(std::move(uri));
  asker_.ask_in_turn(std::make_unique<Subscribe>(*this, std::move(uri), client));
}

void SubscriptionDesk::ask_to_end(std::string uri) {
  if (listen_ != nullptr) return listen_->remove(uri);
  asker_.ask(std::make_unique<Unsubscribe>(std::move(uri)));
}

void SubscriptionDesk::subscribe(HeldCall&& call, std::string_view uri) {
  auto const session = call->to.session;
  auto const client = call->client;
  auto const parked = book_.park(std::move(call));
  switch (subscriptions_.subscribe(uri, {.session = session, .call = parked})) {
    case mcp::Subscriptions::Need::Nothing:
      return book_.end_parked(parked, {}, mcp::Outcome::Ok, {{}, rpc::Reply::Kind::Result, "{}"});
    case mcp::Subscriptions::Need::Wait: return;
    case mcp::Subscriptions::Need::AskChild: return ask(std::string(uri), client);
  }
}

void SubscriptionDesk::subscribe_listener(SessionId session, std::string_view uri, ClientId client) {
  switch (subscriptions_.subscribe(uri, {.session = session})) {
    case mcp::Subscriptions::Need::Nothing: return listener_->on_subscribed(session, uri, true);
    case mcp::Subscriptions::Need::Wait: return;
    // There may be many of them, which take their turns with the calls of all clients.
    case mcp::Subscriptions::Need::AskChild: return ask_in_turn(std::string(uri), client);
  }
}

namespace {

mcp::Subscriptions::Verdict verdict_of(mcp::Outcome outcome) {
  using enum mcp::Subscriptions::Verdict;
  if (outcome == mcp::Outcome::Ok) return Accepted;
  auto const run_ended = outcome == mcp::Outcome::ChildExited || outcome == mcp::Outcome::Unavailable;
  return run_ended ? RunEnded : Refused;
}

}  // namespace

/// If the peer could not be asked, nobody is subscribed, and whoever subscribes next asks again.
void SubscriptionDesk::settle(std::string const& uri, mcp::Call const& asked, mcp::Outcome outcome,
                              rpc::Reply const& reply) {
  auto const settled = subscriptions_.settle(uri, verdict_of(outcome));
  for (auto const& subscriber : settled.waiting) {
    if (subscriber.call == mcp::ParkedId{}) {
      listener_->on_subscribed(subscriber.session, uri, outcome == mcp::Outcome::Ok);
    } else {
      book_.end_parked(subscriber.call, asked, outcome, reply);
    }
  }
  for (auto const session : settled.lost) listener_->on_subscribed(session, uri, false);
  if (settled.abandoned) ask_to_end(uri);
}

void SubscriptionDesk::unsubscribe(SessionId session, std::string_view uri) {
  if (subscriptions_.unsubscribe(uri, session)) ask_to_end(std::string(uri));
}

void SubscriptionDesk::leave(SessionId session) {
  for (auto& uri : subscriptions_.leave(session)) ask_to_end(std::move(uri));
}

void SubscriptionDesk::adopt(SessionId session, std::vector<std::string> const& uris) {
  for (auto const& uri : uris) {
    if (subscriptions_.adopt(uri, session)) ask(uri, {});
  }
}

void SubscriptionDesk::ask_again() {
  for (auto& uri : subscriptions_.uris()) ask(std::move(uri), {});
}

}  // namespace gateway::backend
