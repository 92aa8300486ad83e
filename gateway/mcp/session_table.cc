#include "gateway/mcp/session_table.h"

namespace gateway::mcp {

Session& SessionTable::open(ServiceKey service, Transport transport, TimePoint now) {
  auto owned = std::make_unique<Session>();
  auto& session = *owned;
  session.id = sessions_.insert(std::move(owned));
  session.service = service;
  session.transport = transport;
  session.opened = session.last_used = now;
  if (has_token(transport)) {
    session.token = token_front_ + entropy_.token();
    by_token_.emplace(session.token, session.id);
  }
  if (transport == Transport::Http) by_age_.push_back(session);
  return session;
}

Session& SessionTable::open_part(ServiceKey member, Session const& whole, TimePoint now) {
  auto owned = std::make_unique<Session>();
  auto& session = *owned;
  session.id = sessions_.insert(std::move(owned));
  session.service = member;
  session.whole = whole.id;
  session.transport = whole.transport;
  session.log_id = whole.log_id;
  session.principal = whole.principal;
  session.client = whole.client;
  session.revision = whole.revision;
  session.mark = whole.mark;
  session.log_level = whole.log_level;
  session.capabilities = whole.capabilities;
  session.opened = session.last_used = now;
  return session;
}

Session* SessionTable::find(std::string_view token) {
  auto const found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : sessions_.find(found->second);
}

std::unique_ptr<Session> SessionTable::close(SessionId id) {
  auto session = sessions_.release(id);
  if (!session) return nullptr;
  if (!session->token.empty()) by_token_.erase(session->token);
  session->ListHook<AgeTag>::unlink();
  return session;
}

}  // namespace gateway::mcp
