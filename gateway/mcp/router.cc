#include "gateway/mcp/router.h"

namespace gateway::mcp {

namespace {

bool is_task_method(Method method) {
  return method == Method::TasksGet || method == Method::TasksResult || method == Method::TasksList ||
         method == Method::TasksCancel;
}

/// What the stateless revision removed, and what only a child with sessions could do.
bool needs_session(Method method) {
  return method == Method::Initialize || method == Method::Ping || method == Method::LoggingSetLevel ||
         method == Method::ResourcesSubscribe || method == Method::ResourcesUnsubscribe || is_task_method(method);
}

/// Known to be no request of a client: a child could only take it for something else.
bool is_no_request(Method method) { return !is_client_request(method) && method != Method::Other; }

RequestRoute route_stateless(Method method, Era child) {
  if (is_no_request(method)) return RequestRoute::Unknown;
  if (method == Method::ServerDiscover) return RequestRoute::Discover;
  // The stateless revision's own tasks, an extension, are for whoever knows their id; it has neither of these.
  if (method == Method::TasksList || method == Method::TasksResult) return RequestRoute::Unknown;
  if (is_task_method(method) && child == Era::Stateless) return RequestRoute::Forward;
  if (method == Method::ToolsList) return RequestRoute::ListTools;
  if (method == Method::SubscriptionsListen) return RequestRoute::Listen;
  return needs_session(method) ? RequestRoute::Unknown : RequestRoute::Forward;
}

}  // namespace

RequestRoute route_request(Method method, Sharing sharing, Era era, Era child) {
  if (era == Era::Stateless) return route_stateless(method, child);
  if (is_no_request(method)) return RequestRoute::Unknown;
  if (method == Method::Initialize) return RequestRoute::Initialize;
  if (method == Method::Ping) return RequestRoute::AnswerEmpty;
  // Belong to the stateless revision. Clients probe with the first before they
  // initialize, and some children end at any early request but ping.
  if (method == Method::ServerDiscover || method == Method::SubscriptionsListen) return RequestRoute::Unknown;
  // Kept here also for a child with one client: its next run must be told again.
  if (method == Method::LoggingSetLevel) return RequestRoute::SetLogLevel;
  if (method == Method::ResourcesSubscribe) return RequestRoute::Subscribe;
  if (method == Method::ResourcesUnsubscribe) return RequestRoute::Unsubscribe;
  if (sharing == Sharing::Exclusive) return RequestRoute::Forward;

  if (method == Method::ToolsList) return RequestRoute::ListTools;
  // Task ids of one session would be within reach of every other; tasks are not
  // offered to a shared child's clients.
  if (is_task_method(method)) return RequestRoute::Unknown;
  return RequestRoute::Forward;
}

bool needs_child(RequestRoute route) { return route != RequestRoute::AnswerEmpty && route != RequestRoute::Unknown; }

NoteRoute route_note(Method method, Sharing sharing) {
  auto const exclusive = sharing == Sharing::Exclusive;
  if (method == Method::Initialized) return exclusive ? NoteRoute::Initialized : NoteRoute::Swallow;
  if (method == Method::Cancelled) return NoteRoute::Cancel;
  if (method == Method::Progress) return exclusive ? NoteRoute::Progress : NoteRoute::Swallow;
  // A shared child was told that its client has no roots, and no tasks.
  if (method == Method::RootsListChanged || method == Method::TasksStatus) {
    return exclusive ? NoteRoute::Forward : NoteRoute::Swallow;
  }
  // A request without an id is none. A careless child would carry it out, though nobody judged, counted or recorded it.
  return method == Method::Other ? NoteRoute::Forward : NoteRoute::Swallow;
}

AskRoute route_ask(Method method, Sharing sharing) {
  if (method == Method::Ping) return AskRoute::AnswerEmpty;
  return sharing == Sharing::Exclusive ? AskRoute::Relay : AskRoute::Refuse;
}

NewsRoute route_news(Method method, Sharing sharing) {
  if (method == Method::Progress) return NewsRoute::Progress;
  if (method == Method::Cancelled) return NewsRoute::Cancelled;
  if (method == Method::ToolsListChanged) return NewsRoute::ToolsChanged;
  if (sharing == Sharing::Exclusive) return NewsRoute::Relay;

  if (method == Method::LogMessage) return NewsRoute::Log;
  if (method == Method::ResourceUpdated) return NewsRoute::Updated;
  if (method == Method::PromptsListChanged || method == Method::ResourcesListChanged) {
    return NewsRoute::ListChanged;
  }
  return NewsRoute::Drop;
}

}  // namespace gateway::mcp
