// The header fields that repeat arguments of a tool, as its schema asks for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mcp/param_headers.h"
#include "gateway/remote/outgoing.h"

namespace gateway::remote {

/// Learnt from the lists of tools that pass by. (MCP 2026-07-28, Streamable HTTP: Custom Headers from Tool Parameters.)
class ParamFields {
 public:
  /// The raw result of a tools/list.
  void learn(std::string_view raw_result);
  /// `Name: value` for each argument of the call that has one.
  [[nodiscard]] std::vector<std::string> of(Outgoing const& call) const;

 private:
  std::map<std::string, std::vector<mcp::ParamHeader>, std::less<>> tools_;
};

}  // namespace gateway::remote
