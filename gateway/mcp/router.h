// What to do with a message: a table of the protocol's rules for many sessions
// on one child, without a side effect.
#pragma once

#include "gateway/mcp/method.h"
#include "gateway/mcp/version.h"

namespace gateway::mcp {

/// Whether a child serves all sessions of its service or one alone.
enum class Sharing { Shared, Exclusive };

/// What becomes of a client's request.
enum class RequestRoute {
  Initialize,   ///< answered from the child's own handshake
  Discover,     ///< the same, for the revision without initialize
  AnswerEmpty,  ///< `{}` from here, whatever the child does
  SetLogLevel,  ///< the child is set to the most verbose level of all sessions
  Subscribe,    ///< one subscription a URI at the child, however many sessions share it
  Unsubscribe,
  Listen,     ///< the gateway's own stream of changes, for the revision without subscribe
  ListTools,  ///< from the kept list, if it has one page and is fresh
  Forward,    ///< to the child, under an id of ours
  Unknown,    ///< -32601 from here; the child does not see it
};

/// What becomes of a client's notification.
enum class NoteRoute {
  Swallow,      ///< it has done its work here, or means nothing to this child
  Initialized,  ///< an exclusive child waits for its own client's word
  Cancel,       ///< mapped to the child's id of the call, within the session alone
  Progress,     ///< of a request the child made of this client
  Forward,
};

/// What becomes of a child's request.
enum class AskRoute {
  AnswerEmpty,  ///< ping
  Relay,        ///< to the one client this child has
  Refuse,       ///< nothing in it says which client is meant
};

/// What becomes of a child's notification.
enum class NewsRoute {
  Progress,      ///< to the call whose token it carries
  Cancelled,     ///< of a request the child made of its client
  Log,           ///< filtered by level, and by whose log it can be
  Updated,       ///< to the subscribers of the URI
  ToolsChanged,  ///< listed anew; told only when the list differs
  ListChanged,   ///< to every session once
  Relay,         ///< to the one client this child has
  Drop,          ///< a shared child's word for one client it does not name
};

/// `era` is the client's.
[[nodiscard]] RequestRoute route_request(Method method, Sharing sharing, Era era, Era child = Era::Sessions);
/// Whether the child has a part in the answer. If not, the request is no reason to start it.
[[nodiscard]] bool needs_child(RequestRoute route);
[[nodiscard]] NoteRoute route_note(Method method, Sharing sharing);
[[nodiscard]] AskRoute route_ask(Method method, Sharing sharing);
[[nodiscard]] NewsRoute route_news(Method method, Sharing sharing);

}  // namespace gateway::mcp
