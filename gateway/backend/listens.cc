#include "gateway/backend/listens.h"

#include <utility>

namespace gateway::backend {

namespace {

/// How long a client may wait for the acknowledgement. Some give up within a second.
constexpr Duration kAcknowledgeWithin = milliseconds(250);

}  // namespace

Listens::Listens(Context const& context, CallBook& book, SubscriptionDesk& subscriptions)
    : context_(context), book_(book), subscriptions_(subscriptions) {
  subscriptions_.set_listener(*this);
}

void Listens::begin(HeldCall&& call, std::string_view raw_params, mcp::Handshake const& handshake) {
  auto const wanted = mcp::read_listen_filter(raw_params);
  if (!wanted) {
    return book_.fail(std::move(call), {.outcome = mcp::Outcome::RpcError,
                                        .code = rpc::ErrorCode::InvalidParams,
                                        .message = "params.notifications must be an object: what to listen for"});
  }
  auto const session = call->to.session;
  auto const client = call->client;
  Listen listen{
      .to = call->to, .id = call->client_id, .honoured = handshake.honoured(*wanted), .since = context_.loop.now()};
  listen.unconfirmed = listen.honoured.uris.size();
  listen.call = book_.park(std::move(call));
  auto const uris = listen.honoured.uris;
  open_.insert_or_assign(session, std::move(listen));
  for (auto const& uri : uris) subscriptions_.subscribe_listener(session, uri, client);
  auto const still = open_.find(session);
  if (still != open_.end() && still->second.unconfirmed == 0) acknowledge(session, still->second);
}

/// A listener whose acknowledgement included a resource that the peer then refused starts over.
void Listens::on_subscribed(SessionId session, std::string_view uri, bool accepted) {
  auto const found = open_.find(session);
  if (found == open_.end()) return;
  auto& listen = found->second;
  if (listen.acknowledged) {
    if (!accepted) complete(session);
    return;
  }
  if (!accepted) std::erase(listen.honoured.uris, uri);
  if (--listen.unconfirmed == 0) acknowledge(session, listen);
}

/// The first message of its stream. Nothing more comes on one for which nothing is honoured.
void Listens::acknowledge(SessionId session, Listen& listen) {
  if (std::exchange(listen.acknowledged, true)) return;
  context_.clients.during(listen.to, {mcp::listen_acknowledgement(listen.id, listen.honoured)});
  if (listen.honoured.empty()) complete(session);
}

bool Listens::tell_list_changed(SessionId session, mcp::Method method) {
  auto const found = open_.find(session);
  if (found == open_.end() || !found->second.acknowledged || !found->second.honoured.includes(method)) return false;
  context_.clients.during(found->second.to, {mcp::listened_notification(found->second.id, method, {})});
  return true;
}

void Listens::tell_updated(SessionId session, std::string_view raw_params) {
  auto const found = open_.find(session);
  if (found == open_.end() || !found->second.acknowledged) return;
  context_.clients.during(found->second.to,
                          {mcp::listened_notification(found->second.id, mcp::Method::ResourceUpdated, raw_params)});
}

void Listens::complete(SessionId session) {
  auto const found = open_.find(session);
  if (found == open_.end()) return;
  auto const listen = std::move(found->second);
  open_.erase(found);
  // The acknowledgement is the first message of its stream, however soon it ends.
  if (!listen.acknowledged)
    context_.clients.during(listen.to, {mcp::listen_acknowledgement(listen.id, listen.honoured)});
  book_.end_parked(listen.call, {}, mcp::Outcome::Ok,
                   {listen.id, rpc::Reply::Kind::Result, mcp::listen_result(listen.id)});
}

void Listens::complete_all() {
  std::vector<SessionId> all;
  for (auto const& [session, listen] : open_) all.push_back(session);
  for (auto const session : all) complete(session);
}

void Listens::tick(TimePoint now) {
  std::vector<SessionId> late;
  for (auto const& [session, listen] : open_) {
    if (!listen.acknowledged && now - listen.since >= kAcknowledgeWithin) late.push_back(session);
  }
  for (auto const session : late) {
    if (auto const found = open_.find(session); found != open_.end()) acknowledge(session, found->second);
  }
}

}  // namespace gateway::backend
