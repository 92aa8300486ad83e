// JSON-RPC messages to a child.
#pragma once

#include <string>
#include <string_view>

#include "gateway/backend/child.h"
#include "gateway/base/ids.h"
#include "gateway/mcp/params.h"

namespace gateway::backend {

/// Writes messages as lines. What it gives says whether the child took the line; a
/// child that does not run, or has too much to read already, takes none.
class Wire {
 public:
  /// `child` outlives it.
  explicit Wire(Child& child) : child_(child) {}

  /// A request under an id of ours, which its progress token becomes too.
  [[nodiscard]] bool request(CallId id, std::string_view method, mcp::Params const& params, bool drop_task);
  /// A request of the gateway's own. `params` is an object.
  [[nodiscard]] bool request(CallId id, std::string_view method, std::string_view params);
  /// A notification. No params where they are empty.
  void note(std::string_view method, std::string_view params);
  /// The request of that id is not waited for any more. `reason` is a JSON string, or left out.
  void cancel(CallId id, std::string_view reason);
  /// The answer to the child's own request: its id and the body as JSON.
  void answer(std::string_view child_id, std::string_view result);
  void refuse(std::string_view child_id, std::string_view error);

 private:
  void reply(std::string_view child_id, std::string_view member, std::string_view body);

  Child& child_;
  std::string line_;  ///< the line being written; keeps its memory
};

}  // namespace gateway::backend
