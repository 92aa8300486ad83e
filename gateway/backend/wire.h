// JSON-RPC messages to a peer.
#pragma once

#include <string>
#include <string_view>

#include "gateway/backend/peer.h"
#include "gateway/base/ids.h"
#include "gateway/mcp/method.h"
#include "gateway/mcp/params.h"

namespace gateway::backend {

/// Writes messages as lines. Returns whether the peer took the line: one that
/// does not run, or has too much to read already, takes none.
class Wire {
 public:
  /// `peer` outlives it.
  explicit Wire(Peer& peer) : peer_(peer) {}

  /// A request under an id of ours, which its progress token becomes too: that of `rewrite` is not used.
  [[nodiscard]] bool request(CallId id, std::string_view method, mcp::Params const& params, mcp::ParamsRewrite rewrite);
  /// A request that is no call, under a raw id that no call has.
  [[nodiscard]] bool request(std::string_view raw_id, std::string_view method, std::string_view params);
  /// A notification. No params where they are empty.
  void note(std::string_view method, std::string_view params);
  /// The request of that id is not waited for any more. `reason` is a JSON string, or left out.
  void cancel(CallId id, std::string_view reason);
  /// The answer to the peer's own request: its id and the body as JSON.
  void answer(std::string_view peer_id, std::string_view result);
  void refuse(std::string_view peer_id, std::string_view error);
  /// The same where the client that it was for has not answered, and will not: whoever was to fill in a form has
  /// cancelled it, and anything else has failed.
  void give_up(std::string_view peer_id, mcp::Method asked, std::string_view why);

 private:
  void reply(std::string_view peer_id, std::string_view member, std::string_view body);

  Peer& peer_;
  std::string line_;  ///< the line being written; keeps its memory
};

}  // namespace gateway::backend
