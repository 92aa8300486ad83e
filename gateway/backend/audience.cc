#include "gateway/backend/audience.h"

#include <algorithm>

#include "gateway/mcp/labels.h"
#include "gateway/rpc/json_scanner.h"
#include "gateway/rpc/json_unquote.h"

namespace gateway::backend {

using mcp::Session;

namespace {

/// Who did not set a level gets what is of interest to most; a stateless client gets nothing then.
/// (MCP 2026-07-28, Logging.)
bool wants_log(Session const& session, mcp::LogLevel level) {
  if (session.transport == mcp::Transport::Stateless && !session.log_level) return false;
  return level >= session.log_level.value_or(mcp::LogLevel::Info);
}

}  // namespace

void Audience::attach(Session& session) {
  sessions_.push_back(session);
  ++size_;
}

void Audience::detach(Session& session) {
  static_cast<ListHook<mcp::AttachedTag>&>(session).unlink();
  if (--size_ == 0) unused_since_ = context_.loop.now();
}

std::optional<mcp::LogLevel> Audience::wanted_log_level() {
  std::optional<mcp::LogLevel> wanted;
  sessions_.for_each([&](Session const& session) {
    if (session.log_level) wanted = wanted ? std::min(*wanted, *session.log_level) : *session.log_level;
  });
  return wanted;
}

void Audience::count(mcp::Method method, std::size_t sessions) {
  metrics_.notified(metrics::Way::Out, label(method), sessions);
}

void Audience::tell(Session& session, mcp::Method method, rpc::PiecesView message) {
  count(method);
  for (auto at = session.open.rbegin(); at != session.open.rend(); ++at) {
    if (auto const* const call = calls_.find(at->call)) return context_.clients.during(call->to, message);
  }
  context_.clients.notify(session.id, message);
}

void Audience::tell_list_changed(mcp::Method method) {
  sessions_.for_each([&](Session const& session) { tell_list_changed(session, method); });
  neighbours_.on_list_changed(method);
}

void Audience::tell_listeners(mcp::Method method) {
  sessions_.for_each([&](Session const& session) {
    if (mcp::era_of(session.transport) == mcp::Era::Stateless) tell_list_changed(session, method);
  });
}

void Audience::tell_list_changed(Session const& session, mcp::Method method) {
  if (mcp::era_of(session.transport) == mcp::Era::Stateless) {
    if (listens_.tell_list_changed(session.id, method)) count(method);
    return;
  }
  count(method);
  context_.clients.notify(session.id, {R"({"jsonrpc":"2.0","method":")", label(method), R"("})"});
}

void Audience::tell_updated(SessionId id, std::string_view params) {
  auto const* const session = context_.sessions.find(id);
  if (session == nullptr) return;
  count(mcp::Method::ResourceUpdated);
  if (mcp::era_of(session->transport) == mcp::Era::Stateless) return listens_.tell_updated(id, params);
  context_.clients.notify(id,
                          {R"({"jsonrpc":"2.0","method":"notifications/resources/updated","params":)", params, "}"});
}

void Audience::tell_lists_may_differ(Session const& session) {
  tell_list_changed(session, mcp::Method::PromptsListChanged);
  tell_list_changed(session, mcp::Method::ResourcesListChanged);
}

/// A shared child's log names no client. It is given to the only session that the child is
/// working for, or that there is, unless the operator says that nothing in it is private. A line may come shortly after
/// the answer to its call: nobody but that call's client gets it. Its sessions are not told apart by that, since short
/// ones follow each other quickly, and each would miss its first lines.
bool Audience::may_have_log(Session const& session) const {
  switch (config_.shared_logs) {
    case config::SharedLogs::All: return true;
    case config::SharedLogs::Drop: return false;
    case config::SharedLogs::Single: break;
  }
  auto const now = context_.loop.now();
  return calls_.only_of(session.id, now) && calls_.answered_only_of(session.client, now) &&
         (size_ == 1 || has_sent_call(session));
}

bool Audience::has_sent_call(Session const& session) const {
  return std::any_of(session.open.begin(), session.open.end(),
                     [&](mcp::OpenRequest const& request) { return calls_.find(request.call) != nullptr; });
}

void Audience::tell_log(std::string_view params) {
  auto const level = mcp::log_level_from(rpc::unquote(rpc::find_member(params, "level")));
  if (!level) return;
  sessions_.for_each([&](Session& session) {
    if (!wants_log(session, *level) || !may_have_log(session)) return;
    tell(session, mcp::Method::LogMessage,
         {R"({"jsonrpc":"2.0","method":"notifications/message","params":)", params, "}"});
  });
}

}  // namespace gateway::backend
